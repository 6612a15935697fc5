/**
 * Fuzz target: ClientHellos. Whatever comes, it is read as the plain reading reads it, the same in whatever pieces and records, and within
 * the bound.
 */
import { isDeepStrictEqual } from 'node:util';
import { inRecords } from '../../support/reference/made-hello.ts';
import { plainHello } from '../../support/reference/client-hello.ts';
import { everyByte, readHello } from '../../support/reference/read-hello.ts';

const MAX_BYTES = 1500;
const ROOM = 1 << 16;

export function fuzz(data: Buffer): void {
  const whole = readHello(data, [], MAX_BYTES);
  demand(isDeepStrictEqual(readHello(data, everyByte(data), MAX_BYTES), whole), 'byte by byte is as at once', whole);
  if (whole !== 'malformed' && data.length >= MAX_BYTES)
    demand(typeof whole === 'string' ? whole === 'too long' : whole.end <= MAX_BYTES, 'the bound holds', whole);
  checkMessage(data);
}

/** The bytes as a message whose length is right. */
function checkMessage(data: Buffer): void {
  if (data.length < 1) return;
  const message = Buffer.concat([Buffer.from([1, 0, data.length >> 8, data.length & 0xff]), data]);
  const plain = plainHello(message);
  for (const sizes of [[16_384], [1], [3, 40, 7]]) {
    const read = readHello(inRecords(message, ...sizes), [], ROOM);
    const { end: _, ...found } = typeof read === 'string' ? { end: 0 } : read;
    demand(plain === null ? read === 'malformed' : isDeepStrictEqual(found, plain), 'both readings agree', read);
  }
}

function demand(holds: boolean, promise: string, got: unknown): void {
  if (!holds) throw new Error(`broken: ${promise}; got ${JSON.stringify(got)}`);
}
