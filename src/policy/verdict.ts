/** The answer of the lists to one request. It must not hold any text of an entry. */
import type { ListAction } from '../lib/types.ts';

export interface Hit {
  readonly list: number;
  readonly action: ListAction;
  readonly entry: bigint;
}

export interface Verdict {
  /** `refuse`: the path can be read in more ways than are looked up, on a host with path entries. */
  readonly action: 'pass' | 'refuse' | ListAction;
  /** The list that decided. It is -1 if none did. */
  readonly list: number;
  /** The entry that decided. It is 0n if none did. */
  readonly entry: bigint;
  /** Every list and action that matched, once each, the deciding one included. */
  readonly hits: readonly Hit[];
}

export const PASS: Verdict = { action: 'pass', list: -1, entry: 0n, hits: [] };
export const REFUSE: Verdict = { action: 'refuse', list: -1, entry: 0n, hits: [] };
