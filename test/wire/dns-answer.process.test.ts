/** Answers of our own: dnspython reads them as they are meant, and none is longer than what the client takes. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MAX_OWN_ANSWER, RCODE, REASON, writeAnswer, writeBareError } from '../../src/wire/dns-answer.ts';
import type { OwnAnswer } from '../../src/wire/dns-answer.ts';
import { Question, readQuestion } from '../../src/wire/dns-question.ts';
import { queries, queryBytes, words } from '../support/dns-queries.ts';
import { DNSPYTHON, readByDnspython } from '../support/python-dns.ts';
import type { ReadMessage } from '../support/python-dns.ts';
import { describeWith } from '../support/programs.ts';

const NO_NAME: OwnAnswer = { rcode: RCODE.noName, addresses: [], ttl: 60, reason: REASON.blocked };
const ADDRESSES: OwnAnswer = {
  rcode: RCODE.ok,
  addresses: [Uint8Array.of(192, 0, 2, 1), Uint8Array.of(192, 0, 2, 2)],
  ttl: 30,
  reason: REASON.none,
};

function answered(query: Buffer, answer: OwnAnswer, limit = 65_535): Buffer {
  const question = new Question();
  readQuestion(query, 0, query.length, question);
  const into = Buffer.alloc(65_535, 0xaa);
  return into.subarray(0, writeAnswer(query, question, answer, into, limit));
}

describe('an answer of our own', () => {
  test('is what RFC 1035 and RFC 8914 say, byte for byte', () => {
    const query = queryBytes({ id: 0xbeef, flags: 0x0110, name: 'A.eXample', edns: { size: 4096, do: true } });
    expect(answered(query, NO_NAME).toString('hex')).toBe(
      [
        'beef81930001000000010001',
        '0141076558616d706c650000010001',
        'c00c000600010000003c0016000000000001',
        '00000e1000000258000151800000003c',
        '00002904d0000080000006000f0002000f',
      ].join(''),
    );
  });

  test('has the cookies of the question as they came, before the reason', () => {
    const cookies = Buffer.from('clientidserver-s-cookie');
    const options = Buffer.concat([words(10, cookies.length), cookies]);
    const query = queryBytes({ name: 'a.example', edns: { size: 4096, options } });
    const opt = '00002904d0000000000021';
    const cookie = `000a0017${cookies.toString('hex')}`;
    expect(answered(query, NO_NAME).toString('hex')).toMatch(new RegExp(`${opt}${cookie}000f0002000f$`));
    expect(answered(query, ADDRESSES).toString('hex')).toMatch(new RegExp(`00002904d000000000001b${cookie}$`));
  });

  test('has no OPT record where the question has none, and so no reason', () => {
    const bytes = answered(queryBytes({ name: 'a.example' }), ADDRESSES);
    expect(bytes.toString('hex')).toBe(
      [
        '1234818000010002000000000161076578616d706c650000010001',
        'c00c000100010000001e0004c0000201',
        'c00c000100010000001e0004c0000202',
      ].join(''),
    );
  });

  test('addresses that do not fit are left out, and those of the other family', () => {
    const many = { ...ADDRESSES, addresses: Array.from({ length: 100 }, (_, i) => Uint8Array.of(192, 0, 2, i)) };
    const bytes = answered(queryBytes({ name: 'a.example' }), many, MAX_OWN_ANSWER);
    expect(bytes.length).toBeLessThanOrEqual(512);
    expect(bytes.readUInt16BE(6)).toBe(30);
    const none = answered(queryBytes({ name: 'a.example', qtype: 28 }), ADDRESSES);
    expect([none.readUInt16BE(6), none.readUInt16BE(8)]).toEqual([0, 1]);
  });

  test('to a message that cannot be read it is a header', () => {
    const query = queryBytes({ id: 7, flags: 0x0100, name: 'a.example' }).subarray(0, 15);
    const question = new Question();
    expect(readQuestion(query, 0, query.length, question)).toBe('malformed');
    const into = Buffer.alloc(MAX_OWN_ANSWER, 0xaa);
    const length = writeBareError(question, RCODE.formErr, into);
    expect(into.subarray(0, length).toString('hex')).toBe('000781810000000000000000');
  });

  test('the opcode comes back', () => {
    const query = queryBytes({ flags: 0x2000, name: 'a.example' });
    const question = new Question();
    expect(readQuestion(query, 0, query.length, question)).toBe('unsupported');
    const into = Buffer.alloc(MAX_OWN_ANSWER);
    writeBareError(question, RCODE.notImp, into);
    expect(into.readUInt16BE(2)).toBe(0xa084);
  });

  test('whatever is asked, it fits into 512 bytes and repeats the question', () => {
    fc.assert(
      fc.property(queries, fc.constantFrom(NO_NAME, ADDRESSES), (parts, answer) => {
        const query = queryBytes(parts);
        const bytes = answered(query, answer, MAX_OWN_ANSWER);
        expect(bytes.length).toBeLessThanOrEqual(512);
        const end = 12 + parts.name.length + 4;
        expect(bytes.subarray(12, end).equals(query.subarray(12, end))).toBe(true);
      }),
    );
  });
});

describeWith([DNSPYTHON])('as dnspython reads it', () => {
  const answers: readonly OwnAnswer[] = [
    NO_NAME,
    ADDRESSES,
    { ...NO_NAME, rcode: RCODE.ok, reason: REASON.censored, ttl: 1 },
    { ...NO_NAME, rcode: RCODE.servFail, reason: REASON.networkError },
    { ...ADDRESSES, addresses: [Buffer.from('20010db8000000000000000000000001', 'hex')], reason: REASON.filtered },
  ];

  test('every field of every answer is as it was meant', () => {
    const made = fc
      .sample(fc.tuple(queries, fc.constantFrom(...answers)), { numRuns: 3000, seed: 17 })
      .map(([parts, answer]) => ({ parts, answer, bytes: answered(queryBytes(parts), answer, MAX_OWN_ANSWER) }));
    for (const [i, theirs] of readByDnspython(made.map(({ bytes }) => bytes)).entries()) {
      const { parts, answer } = made[i]!;
      expect(theirs.fault).toBeUndefined();
      expect(theirs).toMatchObject({ id: parts.id, response: true, opcode: 0 });
      expect(theirs.flags.split(' ')).toEqual([
        'QR',
        ...((parts.flags & 0x0100) === 0 ? [] : ['RD']),
        'RA',
        ...((parts.flags & 0x0010) === 0 ? [] : ['CD']),
      ]);
      expect(theirs.questions).toMatchObject([{ type: parts.qtype, class: parts.qclass }]);
      expectOpt(theirs, parts.edns, answer);
      if (parts.edns === null || parts.edns.version === 0) expectRecords(theirs, parts.qtype, answer);
      else expect([theirs.rcode, theirs.answer, theirs.authority]).toEqual([RCODE.badVersion, [], []]);
    }
  });

  function expectOpt(
    theirs: ReadMessage,
    edns: { readonly do?: boolean; readonly version?: number } | null,
    answer: OwnAnswer,
  ): void {
    if (edns === null) expect([theirs.edns, theirs.reasons]).toEqual([-1, []]);
    else
      expect([theirs.edns, theirs.do, theirs.payload, theirs.reasons]).toEqual([
        0,
        edns.do,
        1232,
        answer.reason === REASON.none || edns.version !== 0 ? [] : [answer.reason],
      ]);
  }

  function expectRecords(theirs: ReadMessage, qtype: number, answer: OwnAnswer): void {
    const bytes = qtype === 1 ? 4 : qtype === 28 ? 16 : 0;
    const fitting = answer.rcode === RCODE.ok ? answer.addresses.filter(({ length }) => length === bytes) : [];
    const isNegative = fitting.length === 0 && answer.rcode !== RCODE.servFail;
    expect(theirs.rcode).toBe(answer.rcode);
    expect(theirs.answer.map(({ type, ttl }) => [type, ttl])).toEqual(fitting.map(() => [qtype, answer.ttl]));
    expect(theirs.authority).toMatchObject(isNegative ? [{ type: 6, ttl: answer.ttl, minimum: answer.ttl }] : []);
  }
});
