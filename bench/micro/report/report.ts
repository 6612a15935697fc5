/** A run of the micro benches: what was measured, and on what. */
import type { Machine } from '../../load/machine.ts';
import type { Figure } from './figure.ts';

export interface Report {
  /** YYYY-MM-DD. */
  readonly date: string;
  /** As git describes it; null: not told. */
  readonly revision: string | null;
  readonly machine: Machine;
  readonly rounds: number;
  readonly large: boolean;
  /** Load average over a minute, at the beginning and at the end: 1 is the bench itself. */
  readonly load: { readonly before: number; readonly after: number };
  readonly figures: readonly Figure[];
}
