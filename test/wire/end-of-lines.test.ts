import { expect, test } from '@jest/globals';
import { endOfLines } from '../../src/wire/end-of-lines.ts';

test.each([
  { head: 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', lines: 'GET / HTTP/1.1\r\nHost: a\r\n' },
  { head: 'GET / HTTP/1.1\r\n\r\n', lines: 'GET / HTTP/1.1\r\n' },
  { head: 'GET / HTTP/1.1\nHost: a\n\n', lines: 'GET / HTTP/1.1\nHost: a\n' },
  { head: 'GET / HTTP/1.1\nHost: a\n\r\n', lines: 'GET / HTTP/1.1\nHost: a\n' },
  { head: 'GET / HTTP/1.1\r\nHost: a\r\n\n', lines: 'GET / HTTP/1.1\r\nHost: a\r\n' },
])('$head', ({ head, lines }) => {
  const buf = Buffer.from(`${head}body`);
  expect(endOfLines(buf, head.length)).toBe(lines.length);
});

test.each(['', '\n', '\r\n', 'GET /\r\n', 'GET / HTTP/1.1\r\nHost: a\r\r\n', 'GET / HTTP/1.1\r\nHost: a'])(
  'no blank line at its end: %j',
  (head) => expect(endOfLines(Buffer.from(`${head}\r\n`), head.length)).toBe(head.length),
);
