/**
 * What the `counters` program prints: one line an address, `ADDRESS BYTES`, bytes in total since any start. Total on any text: what is no such
 * line is left out and counted, so that a program that prints something else is noticed. It must not judge the figures.
 */
import { formatAddress, parseIpAddress } from '../../lib/prefix.ts';

export interface Counted {
  readonly bytes: ReadonlyMap<string, number>;
  /** Lines that are none. */
  readonly malformed: number;
}

const DIGITS = /^\d{1,15}$/;

/** Lines of one address are added up: its traffic may be counted in two directions. @param maxAddresses what is beyond is left out. */
export function readCounters(text: string, maxAddresses: number): Counted {
  const bytes = new Map<string, number>();
  let malformed = 0;
  for (const line of text.split('\n')) {
    const words = line.trim().split(/\s+/, 3);
    if (words.length === 1 && words[0] === '') continue;
    const address = parseIpAddress(words[0] ?? '');
    if (words.length !== 2 || address === null || !DIGITS.test(words[1] ?? '')) {
      malformed += 1;
      continue;
    }
    const name = formatAddress(address);
    const before = bytes.get(name);
    if (before !== undefined || bytes.size < maxAddresses) bytes.set(name, (before ?? 0) + Number(words[1]));
  }
  return { bytes, malformed };
}
