/** The list of a soak. Its size tells which version is in force. */

/** Always listed. */
export const LISTED_HOST = 'listed.localhost';
const FIXED = [LISTED_HOST, 'site.localhost/listed', '*.below.localhost'];

export interface ListVersion {
  /** The page `site.localhost/flip` is listed. */
  readonly flips: boolean;
  /** Further entries. */
  readonly filler: number;
}

export function listText({ flips, filler }: ListVersion): string {
  const fillers = Array.from({ length: filler }, (_, i) => `filler-${i}.example/page-${filler}`);
  return `${[...FIXED, ...(flips ? ['site.localhost/flip'] : []), ...fillers].join('\n')}\n`;
}

export function entriesOf({ flips, filler }: ListVersion): number {
  return FIXED.length + (flips ? 1 : 0) + filler;
}
