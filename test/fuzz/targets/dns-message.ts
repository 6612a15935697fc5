/** Fuzz target: replies of name servers. Whatever comes, it is no reply, a failure, or addresses of the type that was asked for. */
import { parseIpAddress } from '../../../src/lib/prefix.ts';
import { RECORD_TYPE, encodeQuery, readReply } from '../../../src/wire/dns-message.ts';

const NAME = 'a.example';
const QUERIES = [RECORD_TYPE.a, RECORD_TYPE.aaaa].map((type) => ({
  query: encodeQuery(0x6161, NAME, type),
  bytes: type === RECORD_TYPE.a ? 4 : 16,
}));

export function fuzz(data: Buffer): void {
  for (const { query, bytes } of QUERIES) {
    check(data, query, bytes);
    // With the header and the question already right.
    check(
      Buffer.concat([
        query.subarray(0, 2),
        Buffer.from([0x81, 0x80]),
        query.subarray(4, 6),
        data.subarray(0, 2),
        Buffer.alloc(4),
        query.subarray(12),
        data.subarray(2),
      ]),
      query,
      bytes,
    );
  }
}

function check(message: Buffer, query: Buffer, bytes: number): void {
  const reply = readReply(message, query);
  if (reply === null || typeof reply === 'string') return;
  for (const { address, ttl } of reply) {
    demand(
      parseIpAddress(address) !== null && (bytes === 16) === address.includes(':'),
      'what is found is an address of the type',
      address,
    );
    demand(ttl >= 0 && ttl <= 0x7fff_ffff, 'a TTL is a number of seconds', ttl);
  }
  demand(reply.length <= 256, 'no more than are looked at', reply.length);
}

function demand(holds: boolean, promise: string, got: unknown): void {
  if (!holds) throw new Error(`broken: ${promise}; got ${JSON.stringify(got)}`);
}
