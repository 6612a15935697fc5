/**
 * Whether origins may read a path differently (requirement 59): the one test that ordinary paths pay for.
 * It must not miss one: what passes here is read in one way only.
 */
import type { ByteString } from './bytes.ts';

const SLASH = 0x2f;
const BACKSLASH = 0x5c;
const DOT = 0x2e;
const SEMICOLON = 0x3b;
const PERCENT = 0x25;
const SPACE = 0x20;
const DELETE = 0x7f;
const LETTER_U = 0x75;
/** Makes a capital letter small. */
const LOWER = 0x20;

/**
 * A segment `..`, or of only dots and `;…`, or two of `/` and `\` in front.
 * @param decoded until nothing is left to decode, `\` as it is.
 */
export function isAmbiguous(decoded: ByteString): boolean {
  if (isSlash(decoded.charCodeAt(0)) && isSlash(decoded.charCodeAt(1))) return true;
  for (let i = decoded.indexOf('.'); i >= 0; i = decoded.indexOf('.', i + 1)) {
    if (i > 0 && !isSlash(decoded.charCodeAt(i - 1))) continue;
    while (decoded.charCodeAt(i) === DOT) i += 1;
    const code = decoded.charCodeAt(i);
    if (i === decoded.length || isSlash(code) || code === SEMICOLON) return true;
  }
  return false;
}

/**
 * Whether some server may make an ambiguous path of it that has none of that to most: one drops controls, blanks, bytes beyond ASCII or a `%` that starts no
 * escape, or takes `%uNNNN` for a character.
 * @param decoded until nothing is left to decode.
 */
export function mayBeAmbiguous(decoded: ByteString): boolean {
  let kept = '';
  let copied = 0;
  for (let i = 0; i < decoded.length; i += 1) {
    const code = decoded.charCodeAt(i);
    if (code === PERCENT && (decoded.charCodeAt(i + 1) | LOWER) === LETTER_U) return true;
    if (code > SPACE && code < DELETE && code !== PERCENT) continue;
    kept += decoded.slice(copied, i);
    copied = i + 1;
  }
  return isAmbiguous(decoded) || isAmbiguous(kept + decoded.slice(copied));
}

function isSlash(code: number): boolean {
  return code === SLASH || code === BACKSLASH;
}
