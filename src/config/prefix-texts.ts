/**
 * Many prefixes in a configuration: a list, or a text with one a line, which costs one token of YAML however long it is. A line may end
 * with a comment.
 *
 *   clients: [192.0.2.0/24, "2001:db8::/32"]         clients: |
 *                                                      192.0.2.0/24     # a school
 *                                                      2001:db8::/32
 *
 * It must not read the prefixes themselves (lib/prefix.ts does).
 */

/** @returns the items, as they are: nothing is read yet; empty where it is neither. */
export function prefixTexts(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return typeof value === 'string' ? linesOf(value) : [];
}

function linesOf(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => (line.split('#', 1)[0] ?? '').trim())
    .filter((line) => line !== '');
}
