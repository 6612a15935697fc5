import { expect, test } from '@jest/globals';
import { ObservedBody } from '../../src/wire/observed-body.ts';
import { CHUNKED_BODY, UNTIL_CLOSE } from '../../src/wire/response-head.ts';

const LIMITS = { chunkExtensionBytes: 20, trailerBytes: 60 };

const cases: readonly { name: string; length: number; text: string; end: number; done: boolean }[] = [
  { name: 'no body', length: 0, text: 'GET', end: 0, done: true },
  { name: 'a length', length: 3, text: 'abcGET', end: 3, done: true },
  { name: 'a length that has not come', length: 9, text: 'abc', end: 3, done: false },
  { name: 'until close', length: UNTIL_CLOSE, text: 'abc', end: 3, done: false },
  { name: 'chunks', length: CHUNKED_BODY, text: '3;x=y\r\nabc\r\n00\r\nT: u\r\n\r\nGET', end: 24, done: true },
  { name: 'chunks that go on', length: CHUNKED_BODY, text: '3\r\nabc\r\n', end: 8, done: false },
  { name: 'chunks with bare LF', length: CHUNKED_BODY, text: '3\nabc\n0\n\n', end: -1, done: false },
  { name: 'a size that is none', length: CHUNKED_BODY, text: '0x3\r\nabc', end: -1, done: false },
  {
    name: 'a request where a trailer should be',
    length: CHUNKED_BODY,
    text: '0\r\nGET / HTTP/1.1\r\n',
    end: -1,
    done: false,
  },
];
test.each(cases)('$name: in one piece and byte by byte', ({ length, text, end, done }) => {
  const bytes = Buffer.from(text, 'latin1');
  for (const step of [1, bytes.length]) {
    const body = new ObservedBody(LIMITS);
    body.begin(length);
    let at = 0;
    while (at >= 0 && at < bytes.length && !body.done) at = body.read(bytes, at, Math.min(at + step, bytes.length));
    expect({ end: at, done: body.done }).toEqual({ end, done });
  }
});

test('one reader serves one body after another', () => {
  const body = new ObservedBody(LIMITS);
  const bytes = Buffer.from('0\r\n\r\nab', 'latin1');
  for (let round = 0; round < 2; round++) {
    body.begin(CHUNKED_BODY);
    expect(body.read(bytes, 0, bytes.length)).toBe(5);
    expect(body.done).toBe(true);
    body.begin(2);
    expect(body.read(bytes, 5, bytes.length)).toBe(7);
    expect(body.done).toBe(true);
  }
});
