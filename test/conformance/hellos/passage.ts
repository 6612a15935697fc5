/**
 * What the filter's own parts make of a hello: whether it is certain, before a whole `serve` is asked, that no server hears of it. A search that
 * leaves those out sends the others many times as often.
 */
import { ClientHello } from '../../../src/wire/client-hello.ts';
import { FIRST, firstBytes } from '../../../src/wire/first-bytes.ts';
import { LISTED } from './generator.ts';

const MAX_HELLO_BYTES = 65_536;
const HELLO = new ClientHello();

/** Held until its end, malformed, or for the listed name in any case of letters. */
export function isStopped(bytes: Buffer): boolean {
  const kind = firstBytes(bytes, 0, bytes.length);
  if (kind === FIRST.other || kind === FIRST.http) return false;
  if (kind === FIRST.more) return true;
  HELLO.begin(0, MAX_HELLO_BYTES);
  // What is not whole is malformed at the client's end.
  if (HELLO.parse(bytes, bytes.length) < 0) return true;
  return Array.from({ length: HELLO.nameCount }, (_, index) => HELLO.name(index).toLowerCase()).includes(LISTED);
}
