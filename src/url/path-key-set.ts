/**
 * The distinct keys that readings make of a path, folded, until there are more than are looked up. Readings are compared by the
 * numbers of their pieces, so that only what is new becomes a text. It reads nothing itself.
 */
import { foldedPath } from './fold.ts';
import { EMPTY_TEXT, MAX_PIECES } from './path-pieces.ts';
import type { PathPieces } from './path-pieces.ts';
import { rootedPath } from './path.ts';
import type { CanonicalPath } from './path.ts';
import { STAGE } from './reading-axes.ts';
import type { Axes } from './reading-axes.ts';

/** Distinct keys of one request on a host, over all its folds. */
export const MAX_PATH_KEYS = 32;

export interface PathKeys {
  /** Distinct; the first is the canonical form, folded. */
  readonly paths: readonly CanonicalPath[];
  /** How each of them is read: see `readingName`. */
  readonly axes: readonly Axes[];
}

/** For one path and fold. */
export class KeySet implements PathKeys {
  readonly paths: CanonicalPath[] = [];
  readonly axes: Axes[] = [STAGE.full];
  isFull = false;
  readonly #fold: number;
  readonly #pieces: PathPieces;
  /** Texts of the readings so far: numbers, each ended by one of the two below. */
  readonly #seen: Uint16Array[] = [];
  readonly #hashes: number[] = [];

  constructor(fold: number, pieces: PathPieces) {
    this.#fold = fold;
    this.#pieces = pieces;
  }

  add(path: Uint8Array, length: number, axes: Axes): void {
    const numbers = this.#numbersOf(path, length);
    let hash = 0;
    for (const number of numbers) hash = (Math.imul(hash, 31) + number) | 0;
    for (let i = 0; i < this.#hashes.length; i += 1)
      if (this.#hashes[i] === hash && isSame(this.#seen[i]!, numbers)) return;
    this.#hashes.push(hash);
    this.#seen.push(numbers.slice());
    this.#addText(numbers, axes);
  }

  /** What its key consists of: pieces that are not empty, and whether it ends in a slash. */
  #numbersOf(path: Uint8Array, length: number): Uint16Array {
    let count = 0;
    for (let i = 0; i < length; i += 1) {
      const number = this.#pieces.text[path[i]!]!;
      if (number !== EMPTY_TEXT) numbersOfPath[count++] = number;
    }
    const endsInSlash = length > 0 && this.#pieces.text[path[length - 1]!] === EMPTY_TEXT;
    numbersOfPath[count++] = endsInSlash ? DIRECTORY : PAGE;
    return numbersOfPath.subarray(0, count);
  }

  #addText(numbers: Uint16Array, axes: Axes): void {
    let text = '';
    for (let i = 0; i + 1 < numbers.length; i += 1) text += `/${this.#pieces.texts[numbers[i]!]!}`;
    const path = foldedPath(rootedPath(text === '' || numbers.at(-1) === DIRECTORY ? `${text}/` : text), this.#fold);
    if (this.paths.includes(path)) return;
    if (this.paths.length === MAX_PATH_KEYS) this.isFull = true;
    this.paths.push(path);
    this.axes.push(axes);
  }
}

const numbersOfPath = new Uint16Array(MAX_PIECES + 2);
const DIRECTORY = 0xffff;
const PAGE = 0xfffe;

function isSame(a: Uint16Array, b: Uint16Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false;
  return true;
}
