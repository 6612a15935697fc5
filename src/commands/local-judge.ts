/** The lists of a configuration as a worker would have them, in this process: for `explain` only. */
import type { Config } from '../config/types.ts';
import { listEntries, utcDay } from '../list/text/compile.ts';
import type { ListKind } from '../list/segment-capacity.ts';
import { randomSegmentKeys } from '../match/keys.ts';
import { Matcher } from '../match/matcher.ts';
import { imageOf } from '../match/segment-records.ts';
import { openSnapshot, SegmentBuilder } from '../match/snapshot.ts';
import type { SegmentImage } from '../match/snapshot.ts';
import { Judge } from '../policy/judge.ts';
import { NOT_COUNTED, VerdictService } from '../verdict/verdict-service.ts';
import type { ReadList } from './read-lists.ts';

/** `lists` in the order of the configuration's; those that could not be read are left out. */
export function buildVerdicts(config: Config, lists: readonly ReadList[]): VerdictService {
  const matcher = new Matcher({ cacheEntries: 16 });
  matcher.use(openSnapshot([...textImages(config, lists), ...compiledImages(lists)]));
  const rules = { judge: new Judge(matcher, config.lists), slots: [] };
  const verdicts = new VerdictService({ matcher, rules, counter: NOT_COUNTED, refresh: () => {} });
  verdicts.today = utcDay(Date.now());
  return verdicts;
}

/** Bit i for list i. */
export function listMask(lists: readonly number[]): number {
  return lists.reduce((mask, list) => mask | (1 << list), 0);
}

/** The name of the compiled list that brought each segment, in the order of the segments; null: that of the text lists. */
export function segmentOwners(config: Config, lists: readonly ReadList[]): readonly (string | null)[] {
  const compiled = lists.flatMap((read, list) => (isOf(read, 'compiled') ? [config.lists[list]!.name] : []));
  return lists.some((read) => isOf(read, 'text')) ? [null, ...compiled] : compiled;
}

function isOf(read: ReadList, kind: ListKind): boolean {
  return read.ok && read.judged.kind === kind;
}

/** None where there is no text list: its place may be needed. */
function textImages(config: Config, lists: readonly ReadList[]): readonly SegmentImage[] {
  if (!lists.some((read) => isOf(read, 'text'))) return [];
  const builder = new SegmentBuilder(randomSegmentKeys());
  const today = utcDay(Date.now());
  for (const [list, read] of lists.entries()) {
    if (!read.ok || read.judged.kind !== 'text') continue;
    for (const entry of listEntries(read.judged.bytes, { list, action: config.lists[list]!.action, today }))
      builder.add(entry);
  }
  return [builder.build()];
}

function compiledImages(lists: readonly ReadList[]): readonly SegmentImage[] {
  return lists.flatMap((read, list) =>
    read.ok && read.judged.segment !== null ? [imageOf(read.judged.segment, list)] : [],
  );
}
