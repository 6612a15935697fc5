/**
 * A shipped configuration as it runs in a test: its addresses, ports and paths replaced, and nothing else. What is to be replaced
 * must be there, and no address of the documentation may be left, so that a test runs the shipped file or fails.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export type Replacement = readonly [shipped: string, here: string];

/** RFC 5737, RFC 3849. */
const DOCUMENTATION = /192\.0\.2\.\d+|198\.51\.100\.\d+|203\.0\.113\.\d+|2001:db8:[\da-f:]*/i;
const COMMENT = /^\s*(?:#|\/\/|--)/;

/** Longer texts are replaced first, so that `192.0.2.10@53` comes before `192.0.2.10`. @throws what does not fit. */
export function relocated(text: string, replacements: readonly Replacement[]): string {
  const lines = text.split('\n').map((line) => (COMMENT.test(line) ? '' : line));
  let moved = lines.join('\n');
  for (const [shipped, here] of replacements.toSorted(([one], [other]) => other.length - one.length)) {
    if (!moved.includes(shipped)) throw new Error(`the shipped file has no '${shipped}'`);
    moved = moved.replaceAll(shipped, here);
  }
  const [left] = DOCUMENTATION.exec(moved) ?? [];
  if (left !== undefined) throw new Error(`'${left}' is left in the shipped file`);
  return moved;
}

/** `name`: below `config/dns`. */
export function shippedFile(name: string): string {
  return readFileSync(join(import.meta.dirname, '..', '..', '..', 'config', 'dns', name), 'utf8');
}
