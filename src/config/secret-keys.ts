/**
 * Keys whose values may be secrets, by their names: of a value at such a key nothing is shown but its kind. A secret in place of its file's path may be
 * short, and look like a word or a number.
 *
 *   bearer: hunter2          auth:                 bearer:
 *                              basic: a:hunter2      hunter2
 *
 * Among them names that no key of ours has: whoever expects one writes it.
 *
 * It must not read YAML: a line that may be part of such a value counts as one.
 */
import { describe } from './quantities.ts';
import { SECRET_NAMES as NAMES } from './redact.ts';

const NAME = new RegExp(`${NAMES}$`, 'i');
/** With a value in the same line. */
const WITH_VALUE = new RegExp(String.raw`${NAMES}["']?\s*:\s*\S`, 'i');
/** A key without its colon, or with another sign in its place; the scheme of RFC 6750 before a token, wherever it stands. */
const WITHOUT_COLON = new RegExp(String.raw`^[\s-]*["']?\w{0,32}${NAMES}["']?(?:\s+\S|\s*=)|\bbearer\s+\S`, 'i');
const WITH_OR_WITHOUT = new RegExp(String.raw`${NAMES}["']?\s*:`, 'i');
/** A line that begins something, and is no more of what began above. */
const BEGINS = /^[ \t]*(?:- |[^\s#"'{[-][^:]*:(?:\s|$)|"[^"]*"\s*:|'[^']*'\s*:)/;
/** Before the first sign of a key. */
const INDENT = /[^ \t-]/;
/** Lines above that are looked at. */
const MAX_ABOVE = 10_000;

export function isSecretKey(name: string): boolean {
  return NAME.test(name);
}

/** What kind of value it is, as messages say it. */
export function describeKind(value: unknown): string {
  if (typeof value === 'number') return 'a number';
  return typeof value === 'string' && value.trim() !== '' ? 'a text' : describe(value);
}

/** Whether the line at `index` (from 0) may hold a secret or a part of one. */
export function mayHoldSecret(lines: readonly string[], index: number): boolean {
  const own = lines[index] ?? '';
  if (WITH_VALUE.test(own) || WITHOUT_COLON.test(own)) return true;
  // A line that begins with its key is in the values of those above it that are indented less; any other may go on from whatever is above.
  let depth = Infinity;
  for (let i = index; i >= 0 && depth > 0; i -= 1) {
    if (index - i > MAX_ABOVE) return true;
    const line = lines[i] ?? '';
    const indent = line.search(INDENT);
    if (indent === -1 || indent >= depth || line[indent] === '#') continue;
    if (i < index && WITH_OR_WITHOUT.test(line)) return true;
    if (BEGINS.test(line)) depth = indent;
  }
  return false;
}
