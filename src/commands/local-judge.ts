/** The lists of a configuration as a worker would have them, in this process: for `explain` only. */
import type { Config } from '../config/types.ts';
import { listEntries, utcDay } from '../list/compile.ts';
import { randomSegmentKeys } from '../match/keys.ts';
import { Matcher } from '../match/matcher.ts';
import { openSnapshot, SegmentBuilder, snapshotBytes, writeSnapshot } from '../match/snapshot.ts';
import { Judge } from '../policy/judge.ts';
import type { ListText } from './list-texts.ts';

/** `texts` in the order of the configuration's lists; those that could not be read are left out. */
export function buildJudge(config: Config, texts: readonly ListText[]): Judge {
  const builder = new SegmentBuilder(randomSegmentKeys());
  const today = utcDay(Date.now());
  for (const [list, text] of texts.entries()) {
    if (!text.ok) continue;
    for (const entry of listEntries(text.bytes, { list, action: config.lists[list]!.action, today })) builder.add(entry);
  }
  const images = [builder.build()];
  const snapshot = new Uint8Array(snapshotBytes(images));
  writeSnapshot(snapshot, images);
  const matcher = new Matcher({ cacheEntries: 16 });
  matcher.use(openSnapshot(snapshot.buffer, snapshot.length));
  return new Judge(matcher, config.lists);
}

/** Bit i for list i. */
export function listMask(lists: readonly number[]): number {
  return lists.reduce((mask, list) => mask | (1 << list), 0);
}
