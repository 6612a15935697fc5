/**
 * Letters beyond ASCII in their other case, for origins that fold it: IIS and macOS, Go's `strings.ToLower` (Caddy), JavaScript's
 * `toLowerCase` (Fastify). Which of the two cases an entry has is not known here, so a path has both. It must not touch ASCII letters:
 * what folds those is `foldedPath`.
 *
 * Letter by letter, as file systems do it; letters whose other case is several letters stay, and so do those beyond the Basic
 * Multilingual Plane.
 */
import { escapeByte } from './bytes.ts';
import type { CanonicalPath } from './path.ts';
import { rootedPath } from './path.ts';

const NONE: readonly CanonicalPath[] = [];
const ESCAPE = 3;
/** First digits of the escapes with which characters of two or three bytes begin: `C`, `D` and `E`. */
const FIRST_LEAD = 0x43;
const LAST_LEAD = 0x45;
const NO_CHARACTER = -1;

/** Whose other case is an ASCII letter to some program that knows Unicode: Kelvin sign (all of them), `İ` (Go), `ı` and `ſ` (Python's `re`). */
const ASCII_LETTERS: ReadonlyMap<number, string> = new Map([
  [0x212a, 'k'],
  [0x130, 'i'],
  [0x131, 'i'],
  [0x17f, 's'],
]);

/** What a letter is in the escapes of the path that is made. */
interface Cases {
  readonly lower: string;
  readonly upper: string;
}

/** Letters that have been asked for; at most those of the plane, whose cases are made once each. */
const known = new Map<number, Cases>();

/** Whether letters beyond ASCII may stand in it: most paths are done with here. */
export function mayHaveCases(path: CanonicalPath): boolean {
  for (let at = path.indexOf('%'); at >= 0; at = path.indexOf('%', at + ESCAPE)) {
    const digit = path.charCodeAt(at + 1);
    if (digit >= FIRST_LEAD && digit <= LAST_LEAD) return true;
  }
  return false;
}

/** @returns the path with these letters in lower case, and in upper case; none of them twice, nor as it is. Linear. */
export function otherCases(path: CanonicalPath): readonly CanonicalPath[] {
  let lower = '';
  let upper = '';
  let copied = 0;
  for (let at = path.indexOf('%'); at >= 0; at = path.indexOf('%', at + ESCAPE)) {
    const length = lengthOfCharacter(path, at);
    const code = length === 0 ? NO_CHARACTER : characterAt(path, at, length);
    if (code === NO_CHARACTER) continue;
    const cases = casesOf(code);
    const before = path.slice(copied, at);
    lower += before + cases.lower;
    upper += before + cases.upper;
    copied = at + length * ESCAPE;
    at = copied - ESCAPE;
  }
  if (copied === 0) return NONE;
  const rest = path.slice(copied);
  const others = new Set([lower + rest, upper + rest]);
  others.delete(path);
  return [...others].map(rootedPath);
}

/** @returns bytes, 2 or 3, of the character whose first escape this is; 0 if it is none of these. */
function lengthOfCharacter(path: string, at: number): number {
  const digit = path.charAt(at + 1);
  return digit === 'C' || digit === 'D' ? 2 : digit === 'E' ? 3 : 0;
}

function characterAt(path: string, at: number, length: number): number {
  let code = byteAt(path, at) & (length === 2 ? 0x1f : 0x0f);
  for (let i = 1; i < length; i += 1) {
    const byte = byteAt(path, at + i * ESCAPE);
    if (byte >> 6 !== 2) return NO_CHARACTER;
    code = (code << 6) | (byte & 0x3f);
  }
  // Longer than it need be, or half of a pair (RFC 3629 §3).
  return code < (length === 2 ? 0x80 : 0x800) || (code >= 0xd800 && code <= 0xdfff) ? NO_CHARACTER : code;
}

/** @returns -1 if no escape begins there. Its digits are in upper case: the path is canonical. */
function byteAt(path: string, at: number): number {
  return path.charAt(at) === '%' ? valueOf(path.charCodeAt(at + 1)) * 16 + valueOf(path.charCodeAt(at + 2)) : -1;
}

function valueOf(digit: number): number {
  return digit < 0x40 ? digit - 0x30 : digit - 0x37;
}

function casesOf(code: number): Cases {
  let cases = known.get(code);
  if (cases === undefined) {
    cases = madeCases(code);
    known.set(code, cases);
  }
  return cases;
}

function madeCases(code: number): Cases {
  const ascii = ASCII_LETTERS.get(code);
  if (ascii !== undefined) return { lower: ascii, upper: ascii };
  const letter = String.fromCharCode(code);
  const upper = alone(letter.toUpperCase()) ?? letter;
  // From the upper case, so that `ς` is `σ`.
  const lower = alone(upper.toLowerCase()) ?? letter;
  return { lower: escapesOf(lower), upper: escapesOf(upper) };
}

/** Undefined where it is more than one, or one of ASCII. */
function alone(text: string): string | undefined {
  return text.length === 1 && text.charCodeAt(0) > 0x7f ? text : undefined;
}

function escapesOf(letter: string): string {
  let text = '';
  for (const byte of Buffer.from(letter)) text += escapeByte(byte);
  return text;
}
