/** Feeds bytes to the parser of ClientHellos, at once or in pieces, and says in words what it makes of them. */
import { ClientHello, MALFORMED, TOO_LONG } from '../../../src/wire/client-hello.ts';
import { NEED_MORE } from '../../../src/wire/field-section.ts';
import type { PlainHello } from './client-hello.ts';

export const ROOMY = 1 << 20;

export type ReadHello = 'need more' | 'malformed' | 'too long' | (PlainHello & { readonly end: number });

/** @param cuts offsets at which the bytes are cut; more come only as long as they are asked for. */
export function readHello(bytes: Buffer, cuts: readonly number[] = [], maxBytes = ROOMY): ReadHello {
  const hello = new ClientHello();
  hello.begin(0, maxBytes);
  let outcome: number = NEED_MORE;
  for (const end of [...cuts, bytes.length]) {
    outcome = hello.parse(bytes.subarray(0, end), end);
    if (outcome !== NEED_MORE) break;
  }
  if (outcome === NEED_MORE) return 'need more';
  if (outcome === MALFORMED) return 'malformed';
  if (outcome === TOO_LONG) return 'too long';
  const names = Array.from({ length: hello.nameCount }, (_, index) => hello.name(index));
  return { version: hello.version, hasEch: hello.hasEch, names, end: outcome };
}

/** Each byte comes by itself. */
export function everyByte(bytes: Buffer): readonly number[] {
  return Array.from({ length: bytes.length }, (_, at) => at);
}
