/** The lists of a configuration as a worker would have them, in this process: for `explain` only. It must not be used to serve. */
import type { Config } from '../config/types.ts';
import type { ExplainContext } from '../explain/explain-context.ts';
import { imagesOf } from '../list/run.ts';
import { utcDay } from '../list/text/compile.ts';
import { Matcher } from '../match/matcher.ts';
import { openSnapshot } from '../match/snapshot.ts';
import { Judge } from '../policy/judge.ts';
import { NOT_COUNTED, VerdictService } from '../verdict/verdict-service.ts';
import { NO_PROGRESS, type ListProgress } from './list-progress.ts';
import type { ListReading } from './read-lists.ts';
import { sharedSegment } from './shared-segment.ts';
import type { SharingList } from './shared-segment.ts';

/** `readings` in the order of the configuration's lists; those that the gate does not let pass are left out. */
export function localContext(
  config: Config,
  readings: readonly ListReading[],
  {
    generation,
    progress = NO_PROGRESS,
  }: { readonly generation: number | null; readonly progress?: Pick<ListProgress, 'of'> },
): ExplainContext {
  const { lists } = config;
  const today = utcDay(Date.now());
  const passed = readings.map((reading) => (reading.ok && reading.verdict.stage === 'passed' ? reading.verdict : null));
  const sharing = passed.flatMap((list, i): readonly SharingList[] => {
    const { action = 'block', name = '' } = lists[i] ?? {};
    const isSharing = list?.segment.kind === 'shared';
    if (!isSharing) return [];
    const { bytes, numbers } = list;
    return [{ bytes, numbers, list: i, action, progress: progress.of(name, 'entries') }];
  });
  // None where no list shares it: its place may be needed.
  const images = imagesOf(passed, sharing.length === 0 ? null : sharedSegment(sharing, today));
  const matcher = new Matcher({ cacheEntries: 16 });
  matcher.use(openSnapshot(images));
  const rules = { judge: new Judge(matcher, lists), slots: [] };
  const verdicts = new VerdictService({ matcher, rules, counter: NOT_COUNTED, refresh: () => {} });
  verdicts.today = today;
  return {
    config,
    lists,
    verdicts,
    segmentOwners: images.map(({ list }) => (list === undefined ? null : (lists[list]?.name ?? null))),
    listenerMask: (name) => maskOf(config.listeners, name),
    policyMask: (name) => maskOf(config.policies, name),
    generation,
    bypassUntil: null,
    offUntil: new Map(),
  };
}

/** @returns the lists that apply; bit i: list i. */
function maskOf(owners: readonly { readonly name: string; readonly lists: readonly number[] }[], name: string): number {
  const { lists = [] } = owners.find((owner) => owner.name === name) ?? {};
  return lists.reduce((mask, list) => mask | (1 << list), 0);
}
