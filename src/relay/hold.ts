/** Whether a change is too great to be published without a person: a copying mistake at the clearing house, or half a file. */
import type { RelayConfig } from '../config/relay-types.ts';

/** Of fewer entries a share says nothing. */
const MIN_ENTRIES = 1000;

/**
 * @param before entries in force; 0: there is no list yet, and nothing to compare with.
 * @returns in words; null if it may be published.
 */
export function holdReason(
  before: number,
  after: number,
  { growth, shrink }: Pick<RelayConfig['gate'], 'growth' | 'shrink'>,
): string | null {
  if (before < MIN_ENTRIES) return null;
  if (after > before * (1 + growth)) return `from ${before} to ${after} entries: more than gate.growth allows`;
  return after < before * (1 - shrink) ? `from ${before} to ${after} entries: more than gate.shrink allows` : null;
}
