/**
 * Fuzz target: PROXY headers. What was read does not change with what follows, every shorter piece of it wants more, and
 * whom it names is named again by the header that we would write.
 */
import { parseIpAddress } from '../../../src/lib/prefix.ts';
import { readProxyHeader, writeProxyHeader } from '../../../src/wire/proxy-header.ts';

const MAX_BYTES = 512;
const BEGINNINGS = [
  Buffer.alloc(0),
  Buffer.from('PROXY TCP4 '),
  Buffer.from('PROXY TCP6 '),
  Buffer.from('0d0a0d0a000d0a515549540a2111', 'hex'),
  Buffer.from('0d0a0d0a000d0a515549540a2121', 'hex'),
];
const DESTINATION = { address: '192.0.2.1', port: 3128 };

export function fuzz(data: Buffer): void {
  for (const beginning of BEGINNINGS) check(Buffer.concat([beginning, data]));
}

function check(bytes: Buffer): void {
  const read = readProxyHeader(bytes, MAX_BYTES);
  demand(read !== 'more' || bytes.length < MAX_BYTES, 'no header is longer than it may be', bytes.length);
  demand(
    read === 'more' || same(readProxyHeader(Buffer.concat([bytes, bytes]), MAX_BYTES), read),
    'what follows changes nothing',
    read,
  );
  if (typeof read === 'string') return;
  demand(read.length <= bytes.length && read.length <= MAX_BYTES, 'it lies in what came', read.length);
  for (let length = 0; length < read.length; length++)
    demand(readProxyHeader(bytes.subarray(0, length), MAX_BYTES) === 'more', 'a piece of it wants more', length);
  const { source } = read;
  if (source === null) return;
  demand(parseIpAddress(source.address) !== null && source.port < 65_536, 'whom it names has an address', source);
  for (const version of [1, 2] as const) {
    const again = readProxyHeader(writeProxyHeader(version, { source, destination: DESTINATION }), MAX_BYTES);
    demand(typeof again === 'object' && same(again.source, source), 'it is named again', again);
  }
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function demand(holds: boolean, promise: string, got: unknown): void {
  if (!holds) throw new Error(`broken: ${promise}; got ${JSON.stringify(got)}`);
}
