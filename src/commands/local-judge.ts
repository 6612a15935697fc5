/** The lists of a configuration as a worker would have them, in this process: for `explain` only. */
import type { Config } from '../config/types.ts';
import { imagesOf } from '../list/run.ts';
import { utcDay } from '../list/text/compile.ts';
import { Matcher } from '../match/matcher.ts';
import { openSnapshot } from '../match/snapshot.ts';
import { Judge } from '../policy/judge.ts';
import { NOT_COUNTED, VerdictService } from '../verdict/verdict-service.ts';
import type { ListReading } from './read-lists.ts';
import { sharedSegment } from './shared-segment.ts';

export interface LocalVerdicts {
  readonly verdicts: VerdictService;
  /** The name of the list that brought each segment, in the order of the segments; null: the one that lists share. */
  readonly segmentOwners: readonly (string | null)[];
}

/** `readings` in the order of the configuration's lists; those that the gate does not let pass are left out. */
export function buildVerdicts({ lists }: Config, readings: readonly ListReading[]): LocalVerdicts {
  const today = utcDay(Date.now());
  const passed = readings.map((reading) => (reading.ok && reading.verdict.stage === 'passed' ? reading.verdict : null));
  const sharing = passed.flatMap((list, i) =>
    list?.segment.kind === 'shared' ? [{ bytes: list.bytes, list: i, action: lists[i]?.action ?? 'block' }] : [],
  );
  // None where no list shares it: its place may be needed.
  const images = imagesOf(passed, sharing.length === 0 ? null : sharedSegment(sharing, today));
  const matcher = new Matcher({ cacheEntries: 16 });
  matcher.use(openSnapshot(images));
  const rules = { judge: new Judge(matcher, lists), slots: [] };
  const verdicts = new VerdictService({ matcher, rules, counter: NOT_COUNTED, refresh: () => {} });
  verdicts.today = today;
  const segmentOwners = images.map(({ list }) => (list === undefined ? null : (lists[list]?.name ?? null)));
  return { verdicts, segmentOwners };
}

/** @returns a mask with bit i for list i. */
export function listMask(lists: readonly number[]): number {
  return lists.reduce((mask, list) => mask | (1 << list), 0);
}
