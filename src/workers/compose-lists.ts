/** The lists, the memory that they lie in, and the way in which they come into force. It must not start anything. */
import { resolve } from 'node:path';
import { throttledYield } from '../lib/pauses.ts';
import { steadyNow } from '../lib/steady-clock.ts';
import { keptContentKey } from '../list/content-key.ts';
import { openSource } from '../list/source/open-source.ts';
import { removeStrayCopies } from '../list/source/stray-copies.ts';
import { ListUpdater } from '../list/updater.ts';
import { randomSegmentKeys } from '../match/keys.ts';
import type { SegmentImage } from '../match/snapshot.ts';
import { GradualDiscard } from '../memory/gradual-discard.ts';
import { MemoryTrim } from '../memory/memory-trim.ts';
import type { EffectiveConfig } from './effective-config.ts';
import { SnapshotSwap } from './snapshot-swap.ts';
import type { ComposedWorkers } from './compose-workers.ts';
import type { ControlContext } from './control-context.ts';
import type { Opening } from './opening.ts';

type Workers = Pick<ComposedWorkers, 'control' | 'pool' | 'hangTimeoutMs'>;

export interface ComposedLists {
  readonly updater: ListUpdater;
  readonly swap: SnapshotSwap;
  readonly trim: MemoryTrim;
  /**
   * @param next the configuration that comes into force with the images; without it the present one stays in force.
   * @returns the generation.
   */
  readonly publish: (images: readonly SegmentImage[], next?: EffectiveConfig) => Promise<number>;
}

export function composeLists(
  { options, inForce, clock, time }: ControlContext,
  { control, pool, hangTimeoutMs }: Workers,
  { opening, named }: { readonly opening: Opening; readonly named: () => void },
): ComposedLists {
  const { log, native = null } = options;
  const { config } = inForce.current;
  const trim = new MemoryTrim(native, time);
  const swap: SnapshotSwap = new SnapshotSwap({
    control,
    pool,
    acknowledgeMs: () => options.acknowledgeMs ?? hangTimeoutMs(),
    discards: new GradualDiscard((bytes) => native?.discard(bytes), throttledYield),
    leased: () => trim.oftenWhile(() => swap.isFilling),
  });
  const publish: ComposedLists['publish'] = async (images, next) => {
    const generation = await swap.publish(images, (next ?? inForce.current).rules);
    if (next !== undefined) inForce.replace(next);
    opening.snapshotInForce();
    trim.now();
    return generation;
  };
  const cache = { stateDirectory: config.state.directory, owner: resolve(config.file) };
  const instance = { log, now: () => clock.now(), earliest: () => clock.earliest() };
  const updater = new ListUpdater(config.lists, {
    // One key for all text lists: they share one segment. Made here and never written anywhere.
    keys: randomSegmentKeys(),
    contentKey: keptContentKey(config.admin.contentKey, log),
    memory: swap,
    log,
    now: () => steadyNow(time),
    time,
    today: () => clock.today,
    source: options.source ?? ((list) => openSource(list, { ...cache, instance, time })),
    named,
    complete: (lists) => void removeStrayCopies(cache, lists),
    publish: async (images) => await publish(images),
  });
  return { updater, swap, trim, publish };
}
