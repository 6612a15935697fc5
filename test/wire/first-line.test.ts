import { expect, test } from '@jest/globals';
import { FirstLine, LINE } from '../../src/wire/first-line.ts';
import { everyCut } from '../support/reference/read-head.ts';
import { lineState } from '../support/reference/read-observed.ts';

test.each([
  ['request', 'GET /page HTTP/1.1\r\n'],
  ['request', '\r\n\n FOO bar hTTp/'],
  ['request', '\x01\0\xff /page hhttp/1.1'],
  ['request', 'HTTP/1.1\n'],
  ['request', '\x01 /page\n'],
  ['request', 'FOO /p\xe9ge x y\r\n'],
  ['request', 'FOO p:///page BAR\n'],
  ['request', '\x01 http://a.example/page\n'],
  ['over', '\x03\0\0\x20\x05tcUrl\x02\0\x14rtmp://a.example/app\0\x07\n'],
  ['over', '\x03 x rtmp://a.example/app\n'],
  ['over', 'DESCRIBE rtsp://a.example/x RTSP/1.0\r\n'],
  ['over', 'FOO bar\nGET /page HTTP/1.1\r\n'],
  ['over', '\xff /p\xe9ge\n'],
  ['over', 'FOO /pa\x01ge\n'],
  ['over', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 /\x80x\n'],
  ['over', 'x'.repeat(65_537)],
  ['open', 'FOO /page'],
  ['open', '\n\n'],
  ['open', '\x01 http:/page'],
] as const)('%s: %j', (state, text) => {
  expect(lineState(text)).toBe(state);
  expect(lineState(text, text.length > 1000 ? [text.length - 1] : everyCut(text))).toBe(state);
});

test('one reader serves one line after another', () => {
  const line = new FirstLine();
  for (const [text, state] of [
    ['\x01 /page HTTP', LINE.open],
    ['x /\n', LINE.request],
    ['x y\n', LINE.over],
  ] as const) {
    line.reset();
    expect(line.read(Buffer.from(text, 'latin1'), 0, text.length)).toBe(state);
  }
});
