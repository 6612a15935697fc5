/**
 * Lists that an operator has switched off for a stated time: as if no listener and no policy applied them. It is loud and ends by itself
 * (timed-switch.ts); versions are read and checked meanwhile as ever.
 *
 *   ctl list off NAME ─▶ a word of shared memory, by the slot of the list's counters ─▶ data threads leave the list out
 *                     └▶ outlets (zones, routes) are told: it has no names
 *
 * By the slot, which stays the list's own over reloads. A list that a reload takes away stays off, for its time, if another brings it back.
 * It must not keep a list from being updated.
 */
import type { Time } from '../lib/time.ts';
import type { Log } from '../observe/log.ts';
import type { ConfigInForce } from './config-in-force.ts';
import { TimedSwitch, type Tellers, type WhyOver } from './timed-switch.ts';
import { LIST_OFF_SLOT } from './messages.ts';

export interface ListsOffParts {
  /** The control words; see messages.ts. */
  readonly control: Int32Array;
  readonly log: Log;
  readonly inForce: Pick<ConfigInForce, 'current'>;
  /** Which lists are off has changed. */
  readonly changed: () => void;
  readonly time?: Time;
}

export class ListsOff {
  readonly #parts: ListsOffParts;
  /** By the name of the list. */
  readonly #lists = new Map<string, TimedSwitch>();

  constructor(parts: ListsOffParts) {
    this.#parts = parts;
  }

  /** @returns when the list is on again, by the steady clock; null if it is on. */
  readonly endsAt = (list: string): number | null => this.#lists.get(list)?.endsAt ?? null;

  readonly isOff = (list: string): boolean => this.endsAt(list) !== null;

  /** @returns when the last of them was on again, by the steady clock. */
  get endedAt(): number {
    return Math.max(...[...this.#lists.values()].map(({ endedAt }) => endedAt));
  }

  /** @param list of the configuration in force. A second call replaces the first. */
  off(list: string, seconds: number): void {
    const { lists, slots } = this.#slots();
    const slot = slots[lists.findIndex(({ name }) => name === list)];
    if (slot === undefined) return;
    let off = this.#lists.get(list);
    if (off === undefined) this.#lists.set(list, (off = this.#switchOf(list, slot)));
    off.begin(seconds);
  }

  /** @returns false if it was on. */
  on(list: string, why: WhyOver): boolean {
    return this.#lists.get(list)?.end(why) ?? false;
  }

  close(): void {
    for (const list of this.#lists.keys()) this.on(list, 'shutdown');
  }

  #switchOf(list: string, slot: number): TimedSwitch {
    const { control, log, changed, time } = this.#parts;
    const tellers: Tellers = {
      begins: (seconds) => {
        log.event('warn', 'list.switched_off', { list, seconds });
        changed();
      },
      lasts: (remainingSeconds) => log.event('warn', 'list.is_off', { list, remainingSeconds }),
      ends: (reason) => {
        log.event('warn', 'list.switched_on', { list, reason });
        changed();
      },
    };
    return new TimedSwitch(control, LIST_OFF_SLOT + slot, tellers, time);
  }

  #slots(): { readonly lists: readonly { readonly name: string }[]; readonly slots: readonly number[] } {
    const { config, slots } = this.#parts.inForce.current;
    return { lists: config.lists, slots: slots.lists };
  }
}
