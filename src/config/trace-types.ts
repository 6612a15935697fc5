/** Whose requests may be traced (docs/adr/0021-diagnosis.md). Types only: it must not hold any logic. */
import type { Prefix } from '../lib/types.ts';

export interface TraceConfig {
  /** The operator's own network; none: nobody's. */
  readonly clients: readonly Prefix[];
  readonly longestMs: number;
}
