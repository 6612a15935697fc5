/** What a client asks: read as dnspython reads it, total on any bytes, and never a name that a list cannot mean. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Question, readQuestion } from '../../src/wire/dns-question.ts';
import type { QuestionOutcome } from '../../src/wire/dns-question.ts';
import { endsInNumber } from '../../src/url/ipv4.ts';
import { optRecord, queries, queryBytes, wireNames, words } from '../support/dns-queries.ts';
import type { QueryParts } from '../support/dns-queries.ts';
import { DNSPYTHON, readByDnspython } from '../support/python-dns.ts';
import { describeWith } from '../support/programs.ts';

function read(message: Buffer): { readonly outcome: QuestionOutcome; readonly question: Question } {
  const question = new Question();
  return { outcome: readQuestion(message, 0, message.length, question), question };
}

const hostOf = (name: string | Buffer): string | null => read(queryBytes({ name })).question.host;

describe('a question', () => {
  test('has everything that an answer needs', () => {
    const message = queryBytes({
      id: 0xbeef,
      name: 'WwW.a.Example',
      qtype: 65,
      edns: { size: 1232, do: true, options: Buffer.concat([words(10, 8), Buffer.alloc(8)]) },
    });
    const padded = Buffer.concat([Buffer.alloc(5, 0xff), message, Buffer.alloc(5, 0xff)]);
    const question = new Question();
    expect(readQuestion(padded, 5, 5 + message.length, question)).toBe('question');
    expect(question).toEqual({
      start: 5,
      messageEnd: 5 + message.length,
      id: 0xbeef,
      flags: 0x0100,
      qtype: 65,
      qclass: 1,
      nameStart: 17,
      nameEnd: 32,
      end: 36,
      host: 'www.a.example',
      hasOpt: true,
      hasOtherBytes: false,
      ednsVersion: 0,
      do: true,
      udpSize: 1232,
      cookieStart: 0,
      cookieEnd: 0,
    });
  });

  test('leaves nothing of the one before', () => {
    const question = new Question();
    const first = queryBytes({ name: 'www.a.example', edns: { size: 4096, do: true, version: 1 } });
    readQuestion(first, 0, first.length, question);
    const second = queryBytes({ name: 'b.example' });
    readQuestion(second, 0, second.length, question);
    expect(question).toEqual(read(second).question);
  });

  const hosts: readonly { readonly name: string; readonly given: string | Buffer; readonly want: string | null }[] = [
    { name: 'mixed case', given: 'WwW.A-b_C.eXample', want: 'www.a-b_c.example' },
    { name: 'one label', given: 'localhost', want: 'localhost' },
    { name: 'a service', given: '_443._tcp.www.a.example', want: '_443._tcp.www.a.example' },
    { name: 'the root', given: Buffer.from([0]), want: null },
    { name: 'an address', given: '192.0.2.1', want: null },
    { name: 'an address in hexadecimal digits', given: 'a.0XfF', want: null },
    { name: 'a bare 0x', given: 'a.0x', want: null },
    { name: 'a last label that only begins as a number', given: 'a.0b', want: 'a.0b' },
    { name: 'digits before the last label', given: '1.2.3.example', want: '1.2.3.example' },
    { name: 'the reverse tree', given: '1.2.0.192.in-addr.arpa', want: '1.2.0.192.in-addr.arpa' },
    { name: 'a dot inside of a label', given: Buffer.from('\x05www.a\x07example\x00', 'latin1'), want: `".example` },
    { name: 'a space', given: 'a b.example', want: `".example` },
    { name: 'a NUL', given: Buffer.from('\x03a\x00b\x07example\x00', 'latin1'), want: `".example` },
    { name: 'UTF-8', given: Buffer.from('\x02\xc3\xa4\x07example\x00', 'latin1'), want: `".example` },
    { name: 'UTF-8 in the last label', given: Buffer.from('\x01a\x02\xc3\xa4\x00', 'latin1'), want: null },
    { name: 'before and behind others', given: 'a.b c.d.e f.G.example', want: `".g.example` },
    { name: 'a percent sign', given: 'a%62.example', want: `".example` },
    {
      name: 'a blank alone in the longest name, which gets no longer',
      given: [' ', ...[63, 63, 63, 59].map((length) => 'n'.repeat(length))].join('.'),
      want: ['"', ...[63, 63, 63, 59].map((length) => 'n'.repeat(length))].join('.'),
    },
    {
      name: 'the longest name',
      given: [63, 63, 63, 61].map((length) => 'n'.repeat(length)).join('.'),
      want: [63, 63, 63, 61].map((length) => 'n'.repeat(length)).join('.'),
    },
  ];
  test.each(hosts)('its host: $name', ({ given, want }) => {
    expect(hostOf(given)).toBe(want);
  });

  test('a host never reads as an address, and every other name of host characters is one', () => {
    fc.assert(
      fc.property(wireNames, (name) => {
        const { question } = read(queryBytes({ name }));
        const labels: string[] = [];
        for (let at = 0; name[at] !== 0; at += 1 + name[at]!)
          labels.push(name.toString('latin1', at + 1, at + 1 + name[at]!).toLowerCase());
        const text = labels.join('.');
        const other = labels.findLastIndex((label) => !/^[a-z0-9_!"$&'()*+,;=`{}~-]+$/.test(label));
        const clean = labels.slice(other + 1);
        const isHost = clean.length > 0 && !endsInNumber(clean.join('.'));
        expect(question.host).toBe(isHost ? (other === -1 ? text : `".${clean.join('.')}`) : null);
        expect(question.hasOtherBytes).toBe(other >= 0);
      }),
    );
  });
});

describe('cookies', () => {
  const option = (code: number, length: number, byte = 0x63): Buffer =>
    Buffer.concat([words(code, length), Buffer.alloc(length, byte)]);
  const cookies = (options: Buffer): string | null => {
    const message = queryBytes({ name: 'www.a.example', edns: { size: 1232, options } });
    const { outcome, question } = read(message);
    expect(outcome).toBe('question');
    return question.cookieEnd === 0 ? null : message.toString('latin1', question.cookieStart, question.cookieEnd);
  };

  test.each([8, 15, 41])('of %d bytes none is the server’s', (length) => {
    expect(cookies(option(10, length))).toBeNull();
  });

  test.each([16, 24, 40])('of %d bytes, also behind and before other options', (length) => {
    expect(cookies(option(10, length))).toBe('c'.repeat(length));
    expect(cookies(Buffer.concat([option(8, 7, 1), option(10, length), option(12, 3, 0)]))).toBe('c'.repeat(length));
  });

  test.each([
    ['the first of two counts', Buffer.concat([option(10, 16), option(10, 16, 0x64)]), 'c'.repeat(16)],
    ['what is cut off is none', option(10, 24).subarray(0, -1), null],
    ['behind what is cut off nothing is looked for', Buffer.concat([words(8, 60), option(10, 16)]), null],
    ['half a header is none', words(10), null],
  ])('%s', (_name, options, want) => {
    expect(cookies(options)).toBe(want);
  });

  test('those of the last message are forgotten', () => {
    const question = new Question();
    const first = queryBytes({ name: 'a.example', edns: { size: 1232, options: option(10, 16) } });
    readQuestion(first, 0, first.length, question);
    expect(question.cookieEnd).toBeGreaterThan(0);
    const second = queryBytes({ name: 'a.example' });
    readQuestion(second, 0, second.length, question);
    expect([question.cookieStart, question.cookieEnd]).toEqual([0, 0]);
  });
});

describe('what is no question', () => {
  const message = (parts: Partial<QueryParts> = {}): Buffer => queryBytes({ name: 'www.a.example', ...parts });
  const patched = (at: number, value: number): Buffer => {
    const bytes = message({ edns: { size: 1232 } });
    bytes.writeUInt16BE(value, at);
    return bytes;
  };
  const cases: readonly { readonly name: string; readonly bytes: Buffer; readonly want: QuestionOutcome }[] = [
    { name: 'nothing', bytes: Buffer.alloc(0), want: 'drop' },
    { name: 'eleven bytes', bytes: message().subarray(0, 11), want: 'drop' },
    { name: 'a response', bytes: message({ flags: 0x8180 }), want: 'drop' },
    { name: 'a malformed response', bytes: message({ flags: 0x8180 }).subarray(0, 14), want: 'drop' },
    { name: 'a header alone', bytes: message().subarray(0, 12), want: 'malformed' },
    { name: 'no question', bytes: patched(4, 0), want: 'malformed' },
    { name: 'two questions', bytes: patched(4, 2), want: 'malformed' },
    { name: 'a name that is cut off', bytes: message().subarray(0, 20), want: 'malformed' },
    { name: 'a class that is cut off', bytes: message().subarray(0, -1), want: 'malformed' },
    { name: 'a record that is missing', bytes: patched(6, 1), want: 'malformed' },
    { name: 'a pointer', bytes: message({ name: Buffer.from([0xc0, 0x0c]) }), want: 'malformed' },
    { name: 'a label of 64 bytes', bytes: message({ name: 'n'.repeat(64) }), want: 'malformed' },
    {
      name: 'a name of 256 bytes',
      bytes: message({ name: [63, 63, 63, 62].map((length) => 'n'.repeat(length)).join('.') }),
      want: 'malformed',
    },
    { name: 'NOTIFY', bytes: message({ flags: 0x2000 }), want: 'unsupported' },
    { name: 'UPDATE', bytes: message({ flags: 0x2800 }), want: 'unsupported' },
    { name: 'a session without a question', bytes: words(1, 0x3000, 0, 0, 0, 0), want: 'unsupported' },
    { name: 'STATUS, which Knot Resolver answers as QUERY', bytes: message({ flags: 0x1000 }), want: 'question' },
    { name: 'an opcode of nobody', bytes: message({ flags: 0x7800 }), want: 'question' },
    { name: 'STATUS of class CH', bytes: message({ flags: 0x1000, qclass: 3 }), want: 'other' },
    { name: 'class CH', bytes: message({ qclass: 3 }), want: 'other' },
    { name: 'bytes behind it', bytes: Buffer.concat([message(), Buffer.from('more')]), want: 'question' },
    {
      name: 'two OPT records',
      bytes: withRecords([optRecord({ size: 1232 }), optRecord({ size: 512 })]),
      want: 'malformed',
    },
    {
      name: 'an OPT record of a name',
      bytes: withRecords([Buffer.concat([Buffer.from([1, 0x61]), optRecord({ size: 1232 })])]),
      want: 'malformed',
    },
    { name: 'an OPT record as an answer', bytes: withRecords([optRecord({ size: 1232 })], 6), want: 'malformed' },
    {
      name: 'another record before OPT',
      bytes: withRecords([Buffer.from('c00c00100001000000000000', 'hex'), optRecord({ size: 1232 })]),
      want: 'question',
    },
  ];
  test.each(cases)('$name', ({ bytes, want }) => {
    expect(read(bytes).outcome).toBe(want);
  });

  /** @param counter where the count of their section is. */
  function withRecords(records: readonly Buffer[], counter = 10): Buffer {
    const bytes = Buffer.concat([message(), ...records]);
    bytes.writeUInt16BE(records.length, counter);
    return bytes;
  }
});

describeWith([DNSPYTHON])('beside dnspython', () => {
  test('every query that it reads is read alike', () => {
    const made = fc.sample(queries, { numRuns: 3000, seed: 15 }).map(queryBytes);
    for (const [i, theirs] of readByDnspython(made).entries()) {
      const { outcome, question } = read(made[i]!);
      expect(theirs.fault).toBeUndefined();
      const [asked] = theirs.questions;
      expect(outcome).toBe(asked?.class === 1 || asked?.class === 255 ? 'question' : 'other');
      expect({
        id: question.id,
        type: question.qtype,
        class: question.qclass,
        edns: question.hasOpt ? question.ednsVersion : -1,
        do: question.do,
        size: question.udpSize,
      }).toEqual({
        id: theirs.id,
        type: asked?.type,
        class: asked?.class,
        edns: theirs.edns,
        do: theirs.do,
        size: Math.max(512, theirs.payload),
      });
      const labels = (asked?.labels ?? []).slice(0, -1).map((label) => Buffer.from(label, 'hex').toString('latin1'));
      if (question.host !== null && !question.hasOtherBytes) expect(question.host).toBe(labels.join('.').toLowerCase());
    }
  });

  test('no damaged query that it reads is taken for malformed, but for names with pointers', () => {
    const damaged = fc
      .sample(fc.tuple(queries, fc.nat(), fc.nat(255)), { numRuns: 3000, seed: 16 })
      .map(([parts, at, byte]) => {
        const bytes = queryBytes(parts);
        bytes[12 + (at % (bytes.length - 12))] = byte;
        return bytes;
      });
    let compared = 0;
    for (const [i, theirs] of readByDnspython(damaged).entries()) {
      const { outcome } = read(damaged[i]!);
      if (theirs.fault !== undefined || damaged[i]!.subarray(12).some((byte) => byte >= 0xc0)) continue;
      compared += 1;
      expect(['question', 'other']).toContain(outcome);
    }
    expect(compared).toBeGreaterThan(200);
  });
});
