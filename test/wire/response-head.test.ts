import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CHUNKED_BODY, ResponseHead, UNTIL_CLOSE } from '../../src/wire/response-head.ts';
import { readResponseHead } from '../support/reference/read-response-head.ts';
import { everyCut } from '../support/reference/read-head.ts';
import { responseHeadText } from './made-up-head.ts';

const LIMITS = { responseHeadBytes: 160, headerCount: 6 };
const head = (fields: string, line = 'HTTP/1.1 200 OK'): string => `${line}\r\n${fields}\r\n`;

describe('response head', () => {
  const good: {
    name: string;
    text: string;
    want: { status?: number; minor?: number; body: number; keepAlive: boolean };
  }[] = [
    { name: 'no framing', text: head(''), want: { status: 200, minor: 1, body: UNTIL_CLOSE, keepAlive: true } },
    { name: 'a length', text: head('Content-Length: 007\r\n'), want: { body: 7, keepAlive: true } },
    {
      name: 'equal lengths',
      text: head('Content-Length: 7\r\nContent-Length: 07\r\n'),
      want: { body: 7, keepAlive: true },
    },
    { name: 'chunks', text: head('Transfer-Encoding: Chunked\r\n'), want: { body: CHUNKED_BODY, keepAlive: true } },
    {
      name: 'chunks and a length: not trusted again',
      text: head('Transfer-Encoding: chunked\r\nContent-Length: 7\r\n'),
      want: { body: CHUNKED_BODY, keepAlive: false },
    },
    {
      name: 'chunks on 1.0: not trusted again',
      text: head('Transfer-Encoding: chunked\r\nConnection: keep-alive\r\n', 'HTTP/1.0 200 OK'),
      want: { minor: 0, body: CHUNKED_BODY, keepAlive: false },
    },
    {
      name: 'identity and a length: not trusted again',
      text: head('Transfer-Encoding: Identity\r\nContent-Length: 7\r\n'),
      want: { body: 7, keepAlive: false },
    },
    {
      name: 'identity alone: until the connection ends',
      text: head('Transfer-Encoding: identity\r\n'),
      want: { body: UNTIL_CLOSE, keepAlive: false },
    },
    ...(
      [
        ['204', 'Content-Length: 0', true, 0],
        ['204', 'Content-Length: 1', false, 1],
        ['204', 'Transfer-Encoding: chunked', false, CHUNKED_BODY],
        ['304', 'Content-Length: 1', true, 1],
        ['304', 'Transfer-Encoding: chunked', false, CHUNKED_BODY],
      ] as const
    ).map(([status, field, keepAlive, body]) => ({
      name: `${status} with ${field}: ${keepAlive ? 'kept' : 'not trusted again'}`,
      text: head(`${field}\r\n`, `HTTP/1.1 ${status} X`),
      want: { status: Number(status), body, keepAlive },
    })),
    {
      name: '1.0 kept',
      text: head('Connection: keep-alive\r\nContent-Length: 0\r\n', 'HTTP/1.0 200 OK'),
      want: { body: 0, keepAlive: true },
    },
    { name: '1.0', text: head('Content-Length: 0\r\n', 'HTTP/1.0 200 OK'), want: { body: 0, keepAlive: false } },
    { name: 'close', text: head('Connection: Close\r\n'), want: { body: UNTIL_CLOSE, keepAlive: false } },
    {
      name: 'no reason, and no space before it',
      text: head('', 'HTTP/1.1 204'),
      want: { status: 204, body: UNTIL_CLOSE, keepAlive: true },
    },
    {
      name: 'a later minor version is 1.1',
      text: head('', 'HTTP/1.9 999 '),
      want: { status: 999, minor: 1, body: UNTIL_CLOSE, keepAlive: true },
    },
  ];
  test.each(good)('$name', ({ text, want }) => {
    expect(readResponseHead(`${text}rest`, LIMITS)).toMatchObject({ length: text.length, ...want });
  });

  const bad = [
    head('Content-Length: 7\r\nContent-Length: 8\r\n'),
    head('Content-Length: x\r\n'),
    head('Content-Length:\r\n'),
    head('Transfer-Encoding: gzip\r\n'),
    head('Transfer-Encoding: identity, chunked\r\n'),
    head('Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n'),
    head('Transfer-Encoding: identity\r\nContent-Length: 7\r\nContent-Length: 8\r\n'),
    head('Transfer-Encoding: chunked, chunked\r\n'),
    head('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n'),
    head('A : b\r\n'),
    head('A: b\r\n c\r\n'),
    head('A: b\rc\r\n'),
    head('A: \0\r\n'),
    head('A: b\r\n'.repeat(7)),
    head(`A: ${'b'.repeat(200)}\r\n`),
    head('', `HTTP/1.1 200 ${'b'.repeat(200)}`),
    head('', 'HTTP/2.0 200 OK'),
    head('', 'HTTP/1.1 099 OK'),
    head('', 'HTTP/1.1 20 OK'),
    head('', 'HTTP/1.1 2000 OK'),
    head('', 'HTTP/1.1  200 OK'),
    head('', 'http/1.1 200 OK'),
    'HTTP/1.1 200 OK\n\n',
  ];
  test.each(bad)('%j is malformed', (text) => {
    expect(readResponseHead(text, LIMITS)).toBe('malformed');
  });

  test('lists have a bound', () => {
    const roomy = { responseHeadBytes: 4000, headerCount: 200 };
    for (const field of ['Connection', 'Upgrade']) {
      const text = head(`${field}: a${',b'.repeat(127)}\r\n`);
      expect(readResponseHead(text, roomy)).toMatchObject({ length: text.length });
      expect(readResponseHead(head(`${field}: a${',b'.repeat(128)}\r\n`), roomy)).toBe('malformed');
      expect(readResponseHead(head(`${field}: a\r\n`.repeat(129)), roomy)).toBe('malformed');
    }
  });

  test('challenges beyond the bound bind the connection rather than not', () => {
    const parser = new ResponseHead({ responseHeadBytes: 20_000, headerCount: 6 });
    const binds = (challenges: string): boolean => {
      const text = Buffer.from(head(`WWW-Authenticate: ${challenges}\r\n`));
      expect(parser.parse(text, 0, text.length)).toBe(text.length);
      return parser.bindsConnection;
    };
    expect(binds(`Basic a=${'b'.repeat(8184)}`)).toBe(false);
    expect(binds(`Basic a=${'b'.repeat(8185)}`)).toBe(true);
    expect(binds('Basic a=b, nTLM x')).toBe(true);
  });

  test.each([
    [200, false, 9],
    [200, true, 0],
    [100, false, 0],
    [204, false, 0],
    [304, false, 0],
    [205, false, 9],
  ])('%d, to HEAD %s: a body of %d bytes', (status, toHead, want) => {
    const parser = new ResponseHead(LIMITS);
    const text = Buffer.from(head('Content-Length: 9\r\n', `HTTP/1.1 ${status} x`));
    expect(parser.parse(text, 0, text.length)).toBe(text.length);
    expect(parser.bodyLength(toHead)).toBe(want);
  });

  test('as long as is permitted, and one byte longer', () => {
    const parser = new ResponseHead(LIMITS);
    const ofLength = (length: number): Buffer =>
      Buffer.from(head(`A: ${'b'.repeat(length - head('A: \r\n').length)}\r\n`));
    const longest = ofLength(LIMITS.responseHeadBytes);
    expect(longest).toHaveLength(LIMITS.responseHeadBytes);
    expect(parser.parse(longest, 0, longest.length)).toBe(longest.length);
    const longer = ofLength(LIMITS.responseHeadBytes + 1);
    expect(parser.parse(longer, 0, longer.length)).toBeLessThan(0);
  });

  test('total, and what has come only in part is never taken for whole', () => {
    fc.assert(
      fc.property(responseHeadText, (text) => {
        const whole = readResponseHead(text, LIMITS);
        if (whole === 'need-more' || whole === 'malformed') return;
        for (const cut of everyCut(text.slice(0, whole.length)))
          expect(readResponseHead(text.slice(0, cut), LIMITS)).toBe('need-more');
        expect(readResponseHead(text.slice(0, whole.length), LIMITS)).toEqual(whole);
      }),
      { numRuns: 500 },
    );
  });
});
