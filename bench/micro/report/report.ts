/** A run of the micro benches: what was measured, and on what. */
import type { Machine } from '../../load/machine.ts';
import type { Figure } from './figure.ts';

export interface Report {
  /** YYYY-MM-DD. */
  readonly date: string;
  readonly machine: Machine;
  readonly rounds: number;
  readonly large: boolean;
  readonly figures: readonly Figure[];
}
