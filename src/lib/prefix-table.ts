/**
 * Which of many prefixes holds an address: the longest. Ten thousand cost what ten cost, because they are cut into ranges that do not
 * overlap, once, and an address is found by halving.
 *
 *   10.0.0.0/8 = a, 10.1.0.0/16 = b   ─▶   from 10.0.0.0: a · from 10.1.0.0: b · from 10.2.0.0: a · from 11.0.0.0: none
 *
 * A table must not change once it is made: a reload makes another.
 */
import type { Prefix } from './types.ts';

export class PrefixTable<Value> {
  readonly #ipv4: Ranges<Value>;
  readonly #ipv6: Ranges<Value>;

  /** Of equal prefixes the first counts. */
  constructor(rows: Iterable<readonly [Prefix, Value]>) {
    const all = [...rows];
    this.#ipv4 = rangesOf(all.filter(([{ address }]) => address.length === 4));
    this.#ipv6 = rangesOf(all.filter(([{ address }]) => address.length === 16));
  }

  /**
   * @param address 4 or 16 bytes, as `parseIpAddress` gives it; families never mix.
   * @returns the value of the longest prefix that holds it, null if none does.
   */
  find(address: Uint8Array): Value | null {
    const { starts, values } = address.length === 4 ? this.#ipv4 : this.#ipv6;
    const width = address.length;
    let low = 0;
    let high = values.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isAbove(starts, middle * width, address)) high = middle;
      else low = middle + 1;
    }
    return values[low - 1] ?? null;
  }
}

/** Which addresses: no more is asked of them. */
export function prefixSet(prefixes: readonly Prefix[]): PrefixTable<true> {
  return new PrefixTable(prefixes.map((prefix) => [prefix, true] as const));
}

/** One behind the other: range i begins at `starts[i * width, (i + 1) * width)` and ends where the next begins. Of those that begin at one address the last counts. */
interface Ranges<Value> {
  readonly starts: Uint8Array;
  /** Undefined where no prefix is. */
  readonly values: readonly (Value | undefined)[];
}

interface Open<Value> {
  readonly value: Value;
  /** The first address behind it; null: there is none. */
  readonly end: Uint8Array | null;
}

function rangesOf<Value>(rows: readonly (readonly [Prefix, Value])[]): Ranges<Value> {
  const sorted = rows.toSorted(([a], [b]) => compare(a.address, b.address) || a.bits - b.bits);
  const starts: Uint8Array[] = [];
  const values: (Value | undefined)[] = [];
  const begin = (start: Uint8Array, value: Value | undefined): void => {
    starts.push(start);
    values.push(value);
  };
  /** Those around the place that was come to, the widest first. */
  const around: Open<Value>[] = [];
  const closeUpTo = (place: Uint8Array | null): void => {
    for (let inner = around.at(-1); inner !== undefined; inner = around.at(-1)) {
      if (place !== null && (inner.end === null || compare(inner.end, place) > 0)) return;
      around.pop();
      if (inner.end !== null) begin(inner.end, around.at(-1)?.value);
    }
  };
  let before: Prefix | null = null;
  for (const [prefix, value] of sorted) {
    if (before !== null && before.bits === prefix.bits && compare(before.address, prefix.address) === 0) continue;
    before = prefix;
    closeUpTo(prefix.address);
    around.push({ value, end: behind(prefix) });
    begin(prefix.address, value);
  }
  closeUpTo(null);
  return { starts: Buffer.concat(starts), values };
}

/** @returns the first address behind the prefix; null if it reaches to the last there is. */
function behind({ address, bits }: Prefix): Uint8Array | null {
  if (bits === 0) return null;
  const next = Uint8Array.from(address);
  let carry = 1 << ((8 - (bits & 7)) & 7);
  for (let i = (bits - 1) >> 3; i >= 0; i--) {
    const sum = (next[i] ?? 0) + carry;
    next[i] = sum & 255;
    if (sum < 256) return next;
    carry = 1;
  }
  return null;
}

/** Of equal length: 4 or 16 bytes. */
function compare(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Whether the range that begins at `starts[from …]` begins above the address. */
function isAbove(starts: Uint8Array, from: number, address: Uint8Array): boolean {
  for (let i = 0; i < address.length; i++) {
    const difference = (starts[from + i] ?? 0) - (address[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return false;
}
