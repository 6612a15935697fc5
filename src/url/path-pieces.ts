/**
 * An ambiguous path in pieces: cut at every byte that is a slash or backslash in any layer of escapes, with the layer in which
 * it shows. A reading then only chooses which cuts count: no reading decodes the text again. Holds one path at a time, in
 * buffers that are used again; knows no reading.
 *
 *   /a%2f%252e./b     pieces: '' a .. b     cuts in front: – 0 1 0     `..` shows as dots in layer 2
 */
import type { ByteString } from './bytes.ts';
import { escapeAt } from './bytes.ts';
import type { EscapedText } from './path.ts';
import { escaped } from './path.ts';

/* oxlint-disable typescript/no-non-null-assertion -- pieces lie below the number of pieces, layers below the length of the path */

/** Bytes and pieces (between cuts) of an ambiguous path; above, it is not read at all (requirement 59). */
const MAX_AMBIGUOUS_BYTES = 2048;
export const MAX_PIECES = 64;
/** Escapes that are decoded third or later: no reading tells them apart. */
const DEEPEST_LAYER = 3;
/** Number behind that of the last piece: the end of a path that a reading makes a directory. */
export const DIRECTORY_END = 64;
export const EMPTY_TEXT = 0;

const QUESTION = 0x3f;
const SLASH = 0x2f;
const PERCENT = 0x25;
const BACKSLASH = 0x5c;

const bytes = Buffer.alloc(MAX_AMBIGUOUS_BYTES + 1);
const layers = new Uint8Array(MAX_AMBIGUOUS_BYTES + 1);

export class PathPieces {
  count = 0;
  /** What else readings can differ in: `\` as it is, escaped `\`, two slashes side by side (in whatever layer). */
  hasBackslash = false;
  hasEscapedBackslash = false;
  hasEmpty = false;
  /** Bit i: a cut or dots show in layer i. */
  layersUsed = 0;
  /** Bit i: a segment of dots shows in layer i. */
  dotLayersUsed = 0;
  /** By piece: number of its text; equal texts have equal numbers. */
  readonly text = new Uint16Array(MAX_PIECES + 1);
  /** By piece: layer in which the cut in front of it shows, and whether it is a backslash. */
  readonly cutLayer = new Uint8Array(MAX_PIECES + 1);
  readonly isBackslash = new Uint8Array(MAX_PIECES + 1);
  /** By piece: 1 or 2 dots and nothing else, and the layer in which they show; 0 dots: a name. */
  readonly dots = new Uint8Array(MAX_PIECES + 1);
  readonly dotLayer = new Uint8Array(MAX_PIECES + 1);
  /** By number; number 0 is the empty text. */
  readonly #texts: EscapedText[] = [];
  /** All pieces that are not empty, each behind a slash, once somebody asks; and where each starts in it. */
  #joined: EscapedText | null = null;
  readonly #startInJoined = new Uint16Array(MAX_PIECES + 1);
  readonly #numbers = new Map<string, number>();

  /** Forgets the texts: numbers of one path are compared with those of the same path without its parameters only. */
  reset(): void {
    this.#texts.length = 0;
    this.#numbers.clear();
    this.#numberOf('');
  }

  /** @returns false if the path has too many bytes or pieces. */
  load(raw: ByteString): boolean {
    this.count = 0;
    this.#joined = null;
    this.hasBackslash = this.hasEscapedBackslash = this.hasEmpty = false;
    this.layersUsed = this.dotLayersUsed = 0;
    if (raw.length > MAX_AMBIGUOUS_BYTES) return false;
    // What is cut off behind a host may start with an escape, which is no slash yet.
    const length = decodedLength(isSlash(raw.charCodeAt(0)) ? raw : `/${raw}`);
    const decoded = bytes.toString('latin1', 0, length);
    // A slash in front is no piece: every path has one.
    let start = 1;
    for (let i = start; i <= length; i += 1) {
      if (i < length && !isSlash(bytes[i]!)) continue;
      if (this.count === MAX_PIECES) return false;
      this.hasEmpty ||= i === start && i < length;
      this.#add(decoded.slice(start, i), start);
      start = i + 1;
    }
    return true;
  }

  /** @returns those of `path` that are not empty, each behind a slash. Cut out of all: pieces side by side are one cut. */
  joined(path: Uint8Array, length: number): EscapedText {
    const all = (this.#joined ??= this.#join());
    const starts = this.#startInJoined;
    const count = length > 0 && path[length - 1] === DIRECTORY_END ? length - 1 : length;
    let text = '';
    for (let i = 0; i < count;) {
      const first = path[i]!;
      let behind = first;
      for (; i < count && path[i] === behind; i += 1) behind += 1;
      text += all.slice(starts[first], starts[behind]);
    }
    return text;
  }

  #join(): EscapedText {
    let all = '';
    for (let piece = 0; piece < this.count; piece += 1) {
      this.#startInJoined[piece] = all.length;
      const text = this.#texts[this.text[piece]!]!;
      if (text !== '') all += `/${text}`;
    }
    this.#startInJoined[this.count] = all.length;
    return all;
  }

  #add(piece: string, start: number): void {
    const at = this.count;
    this.count += 1;
    this.text[at] = this.#numberOf(piece);
    this.cutLayer[at] = at === 0 ? 0 : layers[start - 1]!;
    const isBackslash = at > 0 && bytes[start - 1] === BACKSLASH;
    this.isBackslash[at] = isBackslash ? 1 : 0;
    if (isBackslash && this.cutLayer[at] === 0) this.hasBackslash = true;
    else if (isBackslash) this.hasEscapedBackslash = true;
    const isDots = piece === '.' || piece === '..';
    this.dots[at] = isDots ? piece.length : 0;
    this.dotLayer[at] = isDots ? Math.max(layers[start]!, layers[start + piece.length - 1]!) : 0;
    if (isDots) this.dotLayersUsed |= 1 << this.dotLayer[at];
    this.layersUsed |= (1 << this.cutLayer[at]) | (1 << this.dotLayer[at]);
  }

  #numberOf(piece: string): number {
    const known = this.#numbers.get(piece);
    if (known !== undefined) return known;
    const number = this.#texts.length;
    this.#texts.push(escaped(piece));
    this.#numbers.set(piece, number);
    return number;
  }
}

/**
 * Puts the path into the buffers, decoded until nothing is left to decode; `%3F` stays, decoded it would be a delimiter. A byte shows
 * one layer deeper than the deepest of those that its escape is made of: in one pass, as in `decodeFully`.
 *
 * @returns its length.
 */
function decodedLength(path: ByteString): number {
  const length = bytes.write(path, 0, 'latin1');
  layers.fill(0, 0, length);
  const first = path.indexOf('%');
  if (first < 0) return length;
  let top = first;
  for (let i = first; i < length; i += 1) {
    bytes[top] = bytes[i]!;
    layers[top] = 0;
    top += 1;
    while (top > 2 && bytes[top - 3] === PERCENT) {
      const byte = escapeAt(bytes, top - 3);
      if (byte < 0 || byte === QUESTION) break;
      top -= 2;
      bytes[top - 1] = byte;
      layers[top - 1] = Math.min(DEEPEST_LAYER, 1 + Math.max(layers[top - 1]!, layers[top]!, layers[top + 1]!));
    }
  }
  return top;
}

function isSlash(byte: number): boolean {
  return byte === SLASH || byte === BACKSLASH;
}
