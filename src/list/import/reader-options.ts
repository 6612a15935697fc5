/** How a reader takes one of its own words from what it is told (lib/list-formats.ts). It must not know a format. */

/**
 * The word of a format's own that was given.
 * @throws RangeError if it is none of them, which whoever made the options has looked at.
 */
export function oneOf<T extends string>(words: readonly T[], given: string): T {
  const found = words.find((word) => word === given);
  if (found === undefined) throw new RangeError(`'${given}' is none of ${words.join(', ')}`);
  return found;
}
