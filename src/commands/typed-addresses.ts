/**
 * Addresses from standard input, as a list has them: one a line, with comments and empty lines between them, each with the place that a fault of it is
 * told by. It must not judge an address.
 */
import type { Readable } from 'node:stream';
import { CleanfeedError } from '../lib/errors.ts';
import { inputLines } from './explain-many.ts';

export interface TypedAddress {
  /** Without blanks around it, and without a comment behind it; attributes are there. */
  readonly text: string;
  /** `-:3:1`, as of a file. */
  readonly place: string;
}

/** @throws CleanfeedError `standard_input`, and `not_listed` where there is none: a file that is empty is no decision. */
export async function typedAddresses(input: Readable = process.stdin): Promise<readonly TypedAddress[]> {
  const addresses: TypedAddress[] = [];
  let number = 0;
  for await (const lines of inputLines(input))
    for (const line of lines) {
      number += 1;
      const text = line
        .trim()
        .replace(/(?:^|[ \t])#.*$/s, '')
        .trim();
      if (text === '') continue;
      addresses.push({ text, place: `-:${number}:${line.length - line.trimStart().length + 1}` });
    }
  if (addresses.length > 0) return addresses;
  throw new CleanfeedError('list', 'not_listed', 'standard input has no address; nothing was withdrawn');
}
