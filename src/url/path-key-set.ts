/**
 * The distinct keys that readings make of a path, until there are more than are looked up. Readings are compared by the
 * numbers of their pieces, so that only what is new becomes a text. It reads nothing itself.
 */
import { EMPTY_TEXT, MAX_PIECES } from './path-pieces.ts';
import type { PathPieces } from './path-pieces.ts';
import { rootedPath } from './path.ts';
import type { CanonicalPath } from './path.ts';
import { STAGE } from './reading-axes.ts';
import type { Axes } from './reading-axes.ts';

/** Distinct keys of one request on a host, over all its folds. */
export const MAX_PATH_KEYS = 32;

export interface PathKeys {
  /** Distinct; the first is the canonical form. */
  readonly paths: readonly CanonicalPath[];
  /** How each of them is read: see `readingName`. */
  readonly axes: readonly Axes[];
}

/** For one path. */
export class KeySet implements PathKeys {
  readonly paths: CanonicalPath[] = [];
  readonly axes: Axes[] = [STAGE.full];
  isFull = false;
  readonly #pieces: PathPieces;
  /** Hashes of the texts of the readings so far; their numbers stand in `seen`, each text in a row of its own. */
  readonly #hashes: number[] = [];

  constructor(pieces: PathPieces) {
    this.#pieces = pieces;
  }

  /** Adds what `path` consists of: pieces that are not empty, and whether it ends in a slash. */
  add(path: Uint8Array, length: number, axes: Axes): void {
    const { text } = this.#pieces;
    const row = this.#hashes.length * ROW;
    let end = row;
    let hash = 0;
    for (let i = 0; i < length; i += 1) {
      const number = text[path[i]!]!;
      if (number === EMPTY_TEXT) continue;
      hash = (Math.imul(hash, 31) + number) | 0;
      seen[end++] = number;
    }
    const isDirectory = length > 0 && text[path[length - 1]!] === EMPTY_TEXT;
    hash = (Math.imul(hash, 31) + (end - row) * 2 + (isDirectory ? 1 : 0)) | 0;
    seen[end] = isDirectory ? DIRECTORY : PAGE;
    for (let i = 0; i < this.#hashes.length; i += 1) if (this.#hashes[i] === hash && isSame(i * ROW, row)) return;
    this.#hashes.push(hash);
    if (this.#hashes.length === MAX_SEEN) this.isFull = true;
    this.#addText(row, end, axes);
  }

  #addText(row: number, end: number, axes: Axes): void {
    let text = '';
    for (let i = row; i < end; i += 1) text += `/${this.#pieces.texts[seen[i]!]!}`;
    const path = rootedPath(text === '' || seen[end] === DIRECTORY ? `${text}/` : text);
    if (this.paths.includes(path)) return;
    if (this.paths.length === MAX_PATH_KEYS) this.isFull = true;
    this.paths.push(path);
    this.axes.push(axes);
  }
}

/** Different numbers are nearly always different texts. */
const MAX_SEEN = 2 * MAX_PATH_KEYS;
/** Numbers of a text, and one that ends it. */
const ROW = MAX_PIECES + 2;
const DIRECTORY = 0xffff;
const PAGE = 0xfffe;
/** Of the one set that is being made. */
const seen = new Uint16Array((MAX_SEEN + 1) * ROW);

/** Both end in a number that is no text's. */
function isSame(a: number, b: number): boolean {
  let i = 0;
  while (seen[a + i] === seen[b + i] && seen[a + i]! < PAGE) i += 1;
  return seen[a + i] === seen[b + i];
}
