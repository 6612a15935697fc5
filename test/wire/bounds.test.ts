/** Bounds of what peers send, each at its last value and one beyond. */
import { describe, expect, test } from '@jest/globals';
import { encodeQuery, readReply, RECORD_TYPE } from '../../src/wire/dns-message.ts';
import { repairResponseHead } from '../../src/wire/response-repair.ts';
import { resourceRecord } from '../support/dns-server.ts';
import { readHead } from '../support/reference/read-head.ts';
import { helloFor, record } from '../support/reference/made-hello.ts';
import { readHello } from '../support/reference/read-hello.ts';
import { relayChunks } from '../support/reference/relay-chunks.ts';

test('a method of 64 letters is one that is not known, a longer one is refused unread', () => {
  const limits = { requestLineBytes: 4000, headerBytes: 4000, headerCount: 50 };
  const head = (letters: number): string => `${'M'.repeat(letters)} / HTTP/1.1\r\nHost: a.example\r\n\r\n`;
  expect(readHead(head(64), limits)).toMatchObject({ method: 'M'.repeat(64) });
  expect(readHead(head(65), limits)).toEqual({ refused: 501 });
});

test('the size of a chunk has twelve digits', () => {
  const limits = { chunkExtensionBytes: 100, trailerBytes: 100 };
  const relayed = (digits: number): ReturnType<typeof relayChunks> =>
    relayChunks(`${'1'.padStart(digits, '0')}\r\nx\r\n0\r\n\r\n`, limits);
  expect(relayed(12)).toMatchObject({ done: true });
  expect(relayed(13)).toBeNull();
});

describe('a repaired head', () => {
  test('has a framing field of 1,000 characters', () => {
    const kind = (value: string): string =>
      repairResponseHead(`HTTP/1.1 200 OK\nContent-Length: ${value}\n\n`, 10_000).kind;
    // The blank before it counts.
    const [longest, longer] = [`5${',5'.repeat(499)}`, `5${',5'.repeat(498)}, 5`];
    expect([longest.length, longer.length]).toEqual([999, 1000]);
    expect([kind(longest), kind(longer)]).toEqual(['head', 'malformed']);
  });

  test('has 1,023 lines behind its first', () => {
    const kind = (lines: number): string =>
      repairResponseHead(`HTTP/1.1 200 OK\n${'A: b\n'.repeat(lines)}\n`, 100_000).kind;
    expect([kind(1023), kind(1024)]).toEqual(['head', 'malformed']);
  });
});

test('a record of TLS has 16,384 bytes', () => {
  // A handshake that goes on.
  expect(readHello(record(Buffer.alloc(16_384, 1)))).toBe('need more');
  expect(readHello(record(Buffer.alloc(16_385, 1)))).toBe('malformed');
});

test('of the names of a ClientHello four are kept, and one with more is refused', () => {
  const names = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => `n${i}.example`);
  expect(readHello(helloFor(...names(4)))).toMatchObject({ names: names(4) });
  expect(readHello(helloFor(...names(5)))).toBe('malformed');
});

describe('a DNS reply', () => {
  const query = encodeQuery(1, 'a.example', RECORD_TYPE.a);
  const reply = (records: readonly Buffer[]): ReturnType<typeof readReply> => {
    const header = Buffer.from([0, 1, 0x81, 0x80, 0, 1, records.length >> 8, records.length & 255, 0, 0, 0, 0]);
    return readReply(Buffer.concat([header, query.subarray(12), ...records]), query);
  };
  const other = resourceRecord({ address: '192.0.2.9', ttl: 1, owner: 'other.example' });
  const own = (ttl: number): Buffer => resourceRecord({ address: '192.0.2.1', ttl });

  test('has 256 records that are looked at', () => {
    const records = (before: number): readonly Buffer[] => [...Array.from({ length: before }, () => other), own(60)];
    expect(reply(records(255))).toEqual([{ address: '192.0.2.1', ttl: 60 }]);
    expect(reply(records(256))).toEqual([]);
  });

  test('has a TTL of 31 bits (RFC 2181 §8)', () => {
    expect(reply([own(0x7fff_ffff)])).toEqual([{ address: '192.0.2.1', ttl: 0x7fff_ffff }]);
    expect(reply([own(0x8000_0000)])).toEqual([{ address: '192.0.2.1', ttl: 0 }]);
  });
});

test('a name of DNS has 255 bytes on the wire (RFC 1035 section 2.3.4)', () => {
  const reply = (last: number): unknown => {
    const query = encodeQuery(1, [63, 63, 63, last].map((length) => 'n'.repeat(length)).join('.'), RECORD_TYPE.a);
    const header = Buffer.from([0, 1, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
    const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1]);
    return readReply(Buffer.concat([header, query.subarray(12), record]), query);
  };
  expect(reply(61)).toEqual([{ address: '192.0.2.1', ttl: 60 }]);
  expect(reply(62)).toBe('failed');
});

test('four empty lines are let pass before a status line', () => {
  const repaired = (lines: number): string =>
    repairResponseHead(`${'\r\n'.repeat(lines)}HTTP/1.1 200 OK\n\n`, 400).kind;
  expect([0, 4, 5].map(repaired)).toEqual(['head', 'head', expect.not.stringMatching(/^head$/)]);
});
