/**
 * What a list has in the world outside of its life: its source, the timer of its next attempt, its lines in the log. It carries out what
 * concerns this list alone, and must decide nothing (list-life.ts does).
 */
import type { ListConfig } from '../config/list-types.ts';
import { DEADLINES, type Deadlines } from '../lib/deadlines.ts';
import { systemTime, type Time, type Timer } from '../lib/time.ts';
import type { Log } from '../observe/log.ts';
import type { ListEffect, ListEvent } from './list-events.ts';
import { logFailed, logHeld, logLines, logLoaded, logNotCached, logWithdrawn } from './log-list.ts';
import { readListOf } from './source/source.ts';
import type { ListSource, ReadContext, SourceEvents } from './source/source.ts';
import { keptOf } from './staged-list.ts';
import type { GoodList } from './staged-list.ts';
import type { ListId } from './update-cycle.ts';

export interface SlotOptions {
  readonly log: Log;
  readonly source: (config: ListConfig) => ListSource;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly time?: Time;
  readonly deadlines?: Deadlines['list'];
}

/** Tells the list's life what has happened. */
export type TellList = (event: ListEvent) => Promise<void>;

export class ListSlot {
  /** No other list has it, before or after. */
  readonly id: ListId;
  /** As of the last reload; the source stays the same. */
  config: ListConfig;
  readonly source: ListSource;
  readonly #log: Log;
  readonly #now: () => number;
  readonly #time: Time;
  readonly #deadlines: Deadlines['list'];
  #retry: Timer | null = null;

  constructor(id: ListId, config: ListConfig, options: SlotOptions) {
    const { log, source, now, time = systemTime, deadlines = DEADLINES.list } = options;
    this.id = id;
    this.config = config;
    this.source = source(config);
    this.#log = log;
    this.#now = now;
    this.#time = time;
    this.#deadlines = deadlines;
  }

  /** @param told is called when there is something to withdraw, and when there may be other names. */
  watch(tell: TellList, told: Pick<SourceEvents, 'withdrawn' | 'named'>): void {
    this.source.watch({
      changed: () => void tell({ on: 'changed' }),
      current: () => void tell({ on: 'looked', at: this.#now() }),
      ...told,
    });
  }

  async read(context: ReadContext): Promise<ListEvent> {
    try {
      const read = await this.source.read(context);
      const at = this.#now();
      if (read.kind === 'unchanged' && this.source.versions.pinned !== null) return { on: 'pinned' };
      return read.kind === 'unchanged' || read.kind === 'same'
        ? { on: read.kind, at }
        : { on: 'read', list: readListOf(read, at) };
    } catch (error) {
      return { on: 'read failed', error };
    }
  }

  /** @returns null if it is done. */
  carryOut(
    effect: Exclude<ListEffect, { readonly do: 'read' | 'discard' | 'release' }>,
    tell: TellList,
  ): Promise<void> | null {
    if (effect.do === 'cache') return this.#cache(effect.bytes, tell);
    this.#carryOutNow(effect, tell);
    return null;
  }

  #carryOutNow(
    effect: Exclude<ListEffect, { readonly do: 'read' | 'discard' | 'release' | 'cache' }>,
    tell: TellList,
  ): void {
    const { config, source } = this;
    switch (effect.do) {
      case 'retry':
        this.#retry = this.#time.after(this.#retryMs(effect), () => void tell({ on: 'changed' })).unref();
        return;
      case 'cancel retry':
        this.#retry?.cancel();
        return;
      case 'forget':
        source.forget();
        return;
      case 'hold':
        // What is held is told once: the newest.
        if (effect.version.isBehindHeld !== true) logHeld(this.#log, config, effect);
        source.refused(effect.version, effect.error);
        return;
      case 'close':
        source.close();
        return;
      case 'log loaded':
        logLoaded(this.#log, config, effect);
        return;
      case 'log withdrawn':
        logWithdrawn(this.#log, config, effect);
        return;
      case 'log failed':
        logFailed(this.#log, config, effect);
        return;
      case 'log lines':
        logLines(this.#log, config, effect);
        return;
      case 'log not cached':
        logNotCached(this.#log, config, effect.reason);
    }
  }

  /** Until the next attempt: never all nodes at once. */
  #retryMs({ failuresInARow }: { readonly failuresInARow: number }): number {
    const { firstRetryMs, lastRetryMs } = this.#deadlines;
    const delay = Math.min(lastRetryMs, firstRetryMs * 2 ** Math.max(0, failuresInARow - 1));
    return delay * (0.75 + Math.random() / 2);
  }

  async #cache(bytes: Uint8Array, tell: TellList): Promise<void> {
    await tell({ on: 'cached', warning: await this.source.accepted(bytes) });
  }
}

/** By what a read knows that it is what is in force. */
export function comparedWith(good: GoodList | null): Pick<ReadContext, 'inForce' | 'textInForce'> {
  const kept = good === null ? null : keptOf(good);
  return kept === null ? { inForce: good?.bytes ?? null } : { inForce: null, textInForce: kept.digest };
}
