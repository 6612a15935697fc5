/**
 * Which slot of the shared counters a listener or list counts in. A name gets its slot when it first appears and keeps it
 * as long as the process lives, so that no total goes backwards when a reload adds, removes or reorders others.
 * It must not give a slot to another name.
 */
import type { Config } from '../config/types.ts';
import { counterLayout, type CounterLayout } from '../observe/counter-layout.ts';
import type { CounterSlots } from '../observe/metrics.ts';
import { MAX_LIST_SLOTS } from './messages.ts';

/** The capacity is twice what a configuration may hold, for names that come with reloads. It costs 24 KiB a worker. */
const CAPACITY = { listeners: { length: 128 }, lists: { length: MAX_LIST_SLOTS } };

export const COUNTER_LAYOUT: CounterLayout = counterLayout(CAPACITY);

export class SlotRegister {
  readonly #listeners: string[] = [];
  readonly #lists: string[] = [];

  /** The slots of this configuration; null where more names have come and gone than there are slots. */
  assign({ listeners, lists }: Config): CounterSlots | null {
    const ofListeners = take(this.#listeners, listeners, CAPACITY.listeners.length);
    const ofLists = take(this.#lists, lists, CAPACITY.lists.length);
    return ofListeners === null || ofLists === null ? null : { listeners: ofListeners, lists: ofLists };
  }
}

function take(known: string[], named: readonly { readonly name: string }[], capacity: number): number[] | null {
  const fresh = named.map(({ name }) => name).filter((name) => !known.includes(name));
  if (known.length + fresh.length > capacity) return null;
  known.push(...fresh);
  return named.map(({ name }) => known.indexOf(name));
}
