/**
 * The distinct keys that readings make of a path, until there are more than are looked up. Readings are compared by the
 * numbers of their pieces, so that only what is new becomes a text. It reads nothing itself.
 */
import { EMPTY_TEXT, MAX_PIECES } from './path-pieces.ts';
import type { PathPieces } from './path-pieces.ts';
import { rootedPath } from './path.ts';
import type { CanonicalPath } from './path.ts';
import type { Axes } from './reading-axes.ts';

/* oxlint-disable typescript/no-non-null-assertion -- pieces lie below the length of the reading, rows of `seen` below the number of readings */

/** Distinct keys of one request on a host, over all its folds. */
export const MAX_PATH_KEYS = 32;

export interface PathKeys {
  /** Distinct; of a whole path, the first is the canonical form. */
  readonly paths: readonly CanonicalPath[];
  /** How each of them is read: see `readingName`. */
  readonly axes: readonly Axes[];
}

/** Keys as they come, each once. */
export class KeyList implements PathKeys {
  readonly paths: CanonicalPath[] = [];
  readonly axes: Axes[] = [];
  /** There is more than is looked up. */
  isFull = false;

  /** Of several readings of one key, the first names it. */
  addText(path: CanonicalPath, axes: Axes): void {
    if (this.paths.includes(path)) return;
    if (this.paths.length === MAX_PATH_KEYS) this.isFull = true;
    this.paths.push(path);
    this.axes.push(axes);
  }

  /** @returns false if that is more than is looked up; null is. */
  addAll(keys: PathKeys | null): boolean {
    if (keys === null) return false;
    for (const [i, path] of keys.paths.entries()) this.addText(path, keys.axes[i] ?? 0);
    return !this.isFull;
  }
}

/** Those of one path in pieces. */
export class PathKeySet extends KeyList {
  readonly #pieces: PathPieces;
  /** Hashes of the texts of the readings so far; their numbers stand in `seen`, each text in a row of its own. */
  readonly #hashes: number[] = [];

  constructor(pieces: PathPieces) {
    super();
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
    const joined = this.#pieces.joined(path, length);
    this.addText(rootedPath(joined === '' || isDirectory ? `${joined}/` : joined), axes);
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
