/**
 * Many names with what is said of each, sorted so that a name stands directly before everything below it. Packed into one buffer, and not
 * a string for each of a million (bench/zones).
 *
 *   www.example.com ─▶ com 0 example 0 www 0 FLAGS        the labels from the right; no letter is as small as a separator or flags
 *
 * Sorted by multikey quicksort (Bentley and Sedgewick, 1997): each byte of a name is looked at a bounded number of times, whatever the order
 * they come in. It must not know what the flags mean.
 */
import type { CanonicalHost } from '../../url/host.ts';

const SEPARATOR = 0;
/** The smallest character of a name is `-`. */
const MAX_FLAGS = 15;
const DOT = 0x2e;
const FIRST_BYTES = 64 * 1024;
const FIRST_NAMES = 4096;
/** Ranges that are shorter are sorted by insertion. */
const FEW = 12;

/** A name in the bytes of some that are sorted. */
export interface PackedName {
  readonly bytes: Buffer;
  readonly start: number;
  /** Where its flags are. */
  readonly end: number;
}

export class SortedNames {
  #bytes: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #length = 0;
  #starts = new Uint32Array(FIRST_NAMES);
  #count = 0;

  /** Of all names that were added, repetitions too. */
  get count(): number {
    return this.#count;
  }

  /** What names consist of; it is another buffer after each `add`. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  /**
   * @param host a name of letters, digits, `-` and `_`, not an address.
   * @param flags 1 to MAX_FLAGS.
   */
  add(host: CanonicalHost, flags: number): void {
    this.#reserve(host.length + 2);
    this.#starts[this.#count] = this.#length;
    this.#count += 1;
    let at = this.#length;
    let end = host.length;
    for (let i = host.length - 1; i >= -1; i -= 1) {
      if (i >= 0 && host.charCodeAt(i) !== DOT) continue;
      for (let from = i + 1; from < end; from += 1) this.#bytes[at++] = host.charCodeAt(from);
      this.#bytes[at++] = SEPARATOR;
      end = i;
    }
    this.#bytes[at++] = flags;
    this.#length = at;
  }

  /** A name as another one has it: its bytes without their flags. */
  copy({ bytes, start, end }: PackedName, flags: number): void {
    this.#reserve(end - start + 1);
    this.#starts[this.#count] = this.#length;
    this.#count += 1;
    this.#length += bytes.copy(this.#bytes, this.#length, start, end);
    this.#bytes[this.#length++] = flags;
  }

  sort(): void {
    sortRange(this.#starts, this.#bytes, this.#count);
  }

  /** Where the name at a place of the order starts. */
  startOf(index: number): number {
    return this.#starts[index] ?? 0;
  }

  #reserve(size: number): void {
    if (this.#length + size > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#length + size));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    if (this.#count < this.#starts.length) return;
    const more = new Uint32Array(this.#starts.length * 2);
    more.set(this.#starts);
    this.#starts = more;
  }
}

/** @returns where the flags of the name stand that starts there. */
export function flagsAt(bytes: Buffer, start: number): number {
  let at = start;
  // Flags follow a separator; nothing else that is so small does.
  while (bytes[at] === SEPARATOR || (bytes[at] ?? 0) > MAX_FLAGS) at += 1;
  return at;
}

/** @returns less than 0 if the first one is before the other in their order, more if behind it; 0: they are the same. */
export function compareNames(a: PackedName, b: PackedName): number {
  // A name that ends is before all that is below it.
  return a.bytes.compare(b.bytes, b.start, b.end, a.start, a.end);
}

/** @returns whether the name is that one, or below it. */
export function isWithin(name: PackedName, above: PackedName): boolean {
  const length = above.end - above.start;
  if (name.end - name.start < length) return false;
  return name.bytes.compare(above.bytes, above.start, above.end, name.start, name.start + length) === 0;
}

/** Ranges that wait, as triples of first, end and depth: no recursion that a list could make deep. */
function sortRange(starts: Uint32Array, bytes: Buffer, count: number): void {
  const waiting = [0, count, 0];
  while (waiting.length > 0) {
    const depth = waiting.pop() ?? 0;
    const end = waiting.pop() ?? 0;
    const first = waiting.pop() ?? 0;
    if (end - first <= FEW) insert(starts, bytes, { first, end, depth });
    else split(starts, bytes, { first, end, depth, waiting });
  }
}

interface Range {
  readonly first: number;
  readonly end: number;
  /** Bytes from the start in which all names of the range are the same. */
  readonly depth: number;
}

/** Into smaller, same and larger by one byte. */
function split(
  starts: Uint32Array,
  bytes: Buffer,
  { first, end, depth, waiting }: Range & { waiting: number[] },
): void {
  const byteOf = (index: number): number => bytes[(starts[index] ?? 0) + depth] ?? 0;
  const pivot = middle(byteOf(first), byteOf((first + end) >> 1), byteOf(end - 1));
  let smaller = first;
  let at = first;
  let larger = end;
  while (at < larger) {
    const start = starts[at] ?? 0;
    const byte = bytes[start + depth] ?? 0;
    if (byte === pivot) {
      at += 1;
    } else if (byte < pivot) {
      starts[at++] = starts[smaller] ?? 0;
      starts[smaller++] = start;
    } else {
      larger -= 1;
      starts[at] = starts[larger] ?? 0;
      starts[larger] = start;
    }
  }
  if (smaller - first > 1) waiting.push(first, smaller, depth);
  if (end - larger > 1) waiting.push(larger, end, depth);
  // Flags are the last byte: those are the same to the end.
  const isEnd = pivot !== SEPARATOR && pivot <= MAX_FLAGS;
  if (larger - smaller > 1 && !isEnd) waiting.push(smaller, larger, depth + 1);
}

function insert(starts: Uint32Array, bytes: Buffer, { first, end, depth }: Range): void {
  for (let i = first + 1; i < end; i += 1) {
    const start = starts[i] ?? 0;
    let at = i;
    for (; at > first && isBefore(bytes, start + depth, (starts[at - 1] ?? 0) + depth); at -= 1)
      starts[at] = starts[at - 1] ?? 0;
    starts[at] = start;
  }
}

function isBefore(bytes: Buffer, a: number, b: number): boolean {
  for (let i = 0; ; i += 1) {
    const [left, right] = [bytes[a + i] ?? 0, bytes[b + i] ?? 0];
    if (left !== right) return left < right;
    if (left !== SEPARATOR && left <= MAX_FLAGS) return false;
  }
}

function middle(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}
