/** DNS messages: what is asked, what is believed, and that no bytes at all do harm. Whole exchanges: test/forward/resolver.test.ts. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RECORD_TYPE, encodeQuery, readReply } from '../../src/wire/dns-message.ts';
import type { DnsReply } from '../../src/wire/dns-message.ts';
import { encodedName, resourceRecord } from '../support/dns-server.ts';

const QUERY = encodeQuery(0x1234, 'www.a.example', RECORD_TYPE.a);
const QUESTION = QUERY.subarray(12);
const OK = 0x8180;

/** A message with `count` records in its answer section, whatever `records` holds. */
function message(
  flags: number,
  records: readonly Buffer[] = [],
  options: { readonly question?: Buffer; readonly count?: number } = {},
): Buffer {
  const { question = QUESTION, count = records.length } = options;
  const header = Buffer.alloc(12);
  header.writeUInt16BE(0x1234, 0);
  header.writeUInt16BE(flags, 2);
  header.writeUInt16BE(question.length > 0 ? 1 : 0, 4);
  header.writeUInt16BE(count, 6);
  return Buffer.concat([header, question, ...records]);
}

const read = (bytes: Buffer): DnsReply | null => readReply(bytes, QUERY);
const a = resourceRecord({ address: '192.0.2.1', ttl: 60 });
const FOUND = [{ address: '192.0.2.1', ttl: 60 }];

describe('a DNS query', () => {
  test('has the form of RFC 1035 §4.1', () => {
    expect(QUERY.toString('hex')).toBe('123401000001000000000000037777770161076578616d706c650000010001');
    expect(encodeQuery(0, 'x', RECORD_TYPE.aaaa).toString('hex')).toBe('000001000001000000000000017800001c0001');
  });

  test('the longest name fits', () => {
    const name = [63, 63, 63, 61].map((length) => 'n'.repeat(length)).join('.');
    const query = encodeQuery(1, name, RECORD_TYPE.a);
    expect(query.length).toBe(12 + 255 + 4);
    expect(
      readReply(Buffer.concat([Buffer.from([0, 1, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]), query.subarray(12), a]), query),
    ).toEqual(FOUND);
  });
});

describe('a DNS reply', () => {
  const cases: readonly { readonly name: string; readonly bytes: Buffer; readonly want: DnsReply | null }[] = [
    { name: 'one address', bytes: message(OK, [a]), want: FOUND },
    { name: 'none', bytes: message(OK), want: [] },
    {
      name: 'only other types',
      bytes: message(OK, [resourceRecord({ address: '0:0:0:0:0:0:0:1', ttl: 60 })]),
      want: [],
    },
    {
      name: 'a question in other letters',
      bytes: message(OK, [a], { question: Buffer.from(QUESTION.toString('latin1').toUpperCase(), 'latin1') }),
      want: FOUND,
    },
    { name: 'NXDOMAIN', bytes: message(OK | 3), want: 'no_name' },
    { name: 'SERVFAIL', bytes: message(OK | 2), want: 'failed' },
    { name: 'SERVFAIL with an address', bytes: message(OK | 2, [a]), want: 'failed' },
    { name: 'FORMERR', bytes: message(OK | 1), want: 'failed' },
    { name: 'NOTIMP', bytes: message(OK | 4), want: 'failed' },
    { name: 'REFUSED', bytes: message(OK | 5), want: 'refused' },
    { name: 'REFUSED without a question', bytes: message(OK | 5, [], { question: Buffer.alloc(0) }), want: 'refused' },
    {
      name: 'NXDOMAIN without a question says nothing about the name',
      bytes: message(OK | 3, [], { question: Buffer.alloc(0) }),
      want: 'failed',
    },
    { name: 'no error and no question', bytes: message(OK, [], { question: Buffer.alloc(0) }), want: null },
    { name: 'truncated', bytes: message(OK | 0x200, [a]), want: 'truncated' },
    {
      name: 'another name',
      bytes: message(OK, [a], { question: Buffer.concat([encodedName('www.b.example'), QUESTION.subarray(-4)]) }),
      want: null,
    },
    { name: 'another opcode', bytes: message(OK | 0x2000, [a]), want: null },
    { name: 'a query', bytes: message(0x0100, [a]), want: null },
    {
      name: 'a TTL above the bound is none',
      bytes: message(OK, [resourceRecord({ address: '192.0.2.1', ttl: 0x8000_0000 })]),
      want: [{ address: '192.0.2.1', ttl: 0 }],
    },
    { name: 'more records promised than are there', bytes: message(OK, [a], { count: 2 }), want: 'failed' },
    {
      name: 'an address of three bytes',
      bytes: message(OK, [Buffer.concat([Buffer.from('c00c00010001000000010003', 'hex'), Buffer.alloc(3)])]),
      want: 'failed',
    },
    {
      name: 'a pointer to itself',
      bytes: message(OK, [Buffer.from([0xc0, 12 + QUESTION.length, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 192, 0, 2, 1])]),
      want: 'failed',
    },
    {
      name: 'a pointer forwards',
      bytes: message(OK, [Buffer.from([0xc0, 0xff, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 192, 0, 2, 1])]),
      want: 'failed',
    },
    {
      name: 'a label of a kind that is not known',
      bytes: message(OK, [Buffer.from([0x40, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 192, 0, 2, 1])]),
      want: 'failed',
    },
    { name: 'another class', bytes: message(OK, [Buffer.from('c00c00010003000000010004c0000201', 'hex')]), want: [] },
  ];
  test.each(cases)('$name', ({ bytes, want }) => {
    expect(read(bytes)).toEqual(want);
  });

  test('a dot inside of a label is no border between two', () => {
    const owner = Buffer.concat([Buffer.from([5]), Buffer.from('www.a'), encodedName('example')]);
    expect(read(message(OK, [Buffer.concat([owner, a.subarray(2)])]))).toEqual([]);
  });

  test('an alias that leads on for longer than is followed', () => {
    const chain = (length: number): Buffer[] => [
      ...Array.from({ length }, (_, i) =>
        resourceRecord({ owner: i === 0 ? 'www.a.example' : `n${i}.example`, alias: `n${i + 1}.example`, ttl: 60 }),
      ),
      resourceRecord({ owner: `n${length}.example`, address: '192.0.2.1', ttl: 60 }),
    ];
    expect(read(message(OK, chain(16)))).toEqual(FOUND);
    expect(read(message(OK, chain(17)))).toBe('failed');
  });

  test('total: any bytes behind a right header, and any change of a right message', () => {
    const right = message(OK, [
      resourceRecord({ owner: 'www.a.example', alias: 'b.example', ttl: 60 }),
      resourceRecord({ owner: 'b.example', address: '192.0.2.1', ttl: 60 }),
      a,
    ]);
    const holds = (reply: DnsReply | null): boolean =>
      reply === null ||
      typeof reply === 'string' ||
      reply.every(({ address, ttl }) => /^\d+\.\d+\.\d+\.\d+$/.test(address) && ttl >= 0);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => holds(read(Buffer.from(bytes)))));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (bytes, count) =>
        holds(read(message(OK, [Buffer.from(bytes)], { count }))),
      ),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(right.length - 1), fc.nat(255)), { maxLength: 6 }),
        fc.nat(right.length),
        (changes, end) => {
          const changed = Buffer.from(right);
          for (const [at, byte] of changes) changed[at] = byte;
          return holds(read(changed.subarray(0, end)));
        },
      ),
      { numRuns: 2000 },
    );
  });
});
