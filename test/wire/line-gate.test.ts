import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LineGate, REQUEST } from '../../src/wire/line-gate.ts';
import { gatedInPieces } from '../support/reference/read-observed.ts';
import { requestHeadText } from './made-up-head.ts';

const one = (text: string): ReturnType<typeof gatedInPieces> => gatedInPieces(text, [text]);

describe('lines of text', () => {
  test.each([
    ['EHLO a\r\n', 'EHLO a\r\n'],
    ['EHLO a\r\nMAIL', 'EHLO a\r\n'],
    ['EHLO', ''],
    ['\r\n\n', '\r\n\n'],
    ['OPTIONS *\r\nVia: HTTPS/1.1\r\n\r\n', 'OPTIONS *\r\nVia: HTTPS/1.1\r\n\r\n'],
    ['DESCRIBE rtsp://a.example/x RTSP/1.0\r\n', 'DESCRIBE rtsp://a.example/x RTSP/1.0\r\n'],
    ['x http:/page\n', 'x http:/page\n'],
    ['x y http://a.example/\n', 'x y http://a.example/\n'],
  ])('%j go on as far as they have ended', (text, gone) => {
    expect([one(text).gone, gatedInPieces(text).gone]).toEqual([gone, gone]);
  });

  test.each([
    'x y HTTP/1.1\n',
    'x y http/',
    'HTTP/1.1\n',
    'x /page\n',
    'x p:///page y\n',
    'GET\n',
    'GET page\n',
    ' POST x\n',
    'PRI *\n',
    'x\rGET page\n',
    'x\x0bGET page\n',
    'DESCRIBE http://a.example/ RTSP/1.0\n',
    'DESCRIBE rtsp://a.example/ HTTP/1.0\n',
    'DESCRIBE rtsp://a.example/\n',
    'DESCRIBE /page RTSP/1.0\n',
  ])('%j is HTTP, and behind another line, and in pieces', (text) => {
    for (const text_ of [text, `x\n${text}`, `\r\nx y\r\n${text}`]) {
      expect([one(text_).isRequest, gatedInPieces(text_).isRequest]).toEqual([true, true]);
    }
  });

  test('are held up to 2,048 bytes', () => {
    expect(one('x'.repeat(2048))).toMatchObject({ gone: '', isRequest: false });
    expect(one('x'.repeat(2049)).isRequest).toBe(true);
    expect(one(`${'x'.repeat(2048)}\n`)).toMatchObject({ isRequest: false });
    expect(one(`${'x'.repeat(2049)}\n`).isRequest).toBe(true);
  });

  test('are read to their end where the client sends no more', () => {
    const gate = new LineGate();
    expect([gate.read('x\ny'), gate.readLast('y')]).toEqual([2, 1]);
    expect(new LineGate().readLast('x /page')).toBe(REQUEST);
    const among = new LineGate();
    expect([among.read('\0\nGET /page'), among.readLast('')]).toEqual([11, REQUEST]);
  });
});

describe('whom they name', () => {
  test.each([
    ['x\r\nHost: a.example\r\n', ['a.example']],
    ['x\n \thOsT\t : \ta.example:80 \n', ['a.example']],
    ['x\nHost: [2001:db8::1]:80\n', ['[2001:db8::1]']],
    ['x\nHost: user:1@a.example\n', ['user', 'a.example']],
    ['x\nHost: us%65r@a.example\n', ['a.example']],
    ['DESCRIBE rtsp://john.2024:pw@a.example/x RTSP/1.0\n', ['a.example']],
    ['x\nHost: 192.0.2.1@a.example\n', ['192.0.2.1', 'a.example']],
    ['x\nHost: a.example@b.example\n', ['a.example', 'b.example']],
    ['x\nHost: a.example,b.example:80\n', ['a.example', 'b.example']],
    ['x\nHost: a.example b.example\n', ['a.example b.example']],
    ['x\ry: z\rHost: a.example\n', ['a.example']],
    ['x\nHost:\nhost: /\n', []],
    ['x\nHost:\r\n a.example\r\n\tb.example\ny: z\n c.example\n', ['a.example', 'b.example', 'a.exampleb.example']],
    ['x\nHost: a.exa\r\n mple\r\n', ['a.exa', 'mple', 'a.example']],
    ['x\nGhost: a.example\nVia: b.example\n', []],
    ['x y ://a.example/b http://u@b.example:80?q\n', ['a.example', 'u', 'b.example']],
    ['x\ny z http://a.example/\n', []],
    ['DESCRIBE rtsp://a.example:554/x RTSP/1.0\n', ['a.example']],
    ['\0\nHost: a.example\n', ['a.example']],
    ['x\nHost:\x0ba.example\n', ['a.example']],
    ['x\nHost:\r\x1ca.example\r\n', ['a.example']],
  ])('%j', (text, names) => {
    expect([one(text).names, gatedInPieces(text).names]).toEqual([names, names]);
  });
});

describe('what is no text', () => {
  test.each(['\0a', 'ab\x01', '<stream:stream to="a.example">', '{"id":', '[1,', '\n\n\x12a'])(
    '%j goes on at once',
    (text) => {
      expect([one(text).gone, gatedInPieces(`${text}b`).gone.slice(-1)]).toEqual([text, 'b']);
    },
  );

  test.each([
    '\0\x01\xff /page hhttp/1.1\n',
    '\x01 /page\n',
    '\x01 http://a.example/page\n',
    '\0 HTTP/',
    '\0\nGET /page\n',
    '< /page\n',
    '<x>\nGET /page HTTP/1.1\n',
    '\0\nget /page\n',
    '\0\nx\rGET /page\n',
    '\0\rGET /page\n',
    'x\x0b/page\n',
    'PRI\x0b*\n',
    '\0\nGET\x0b/page\n',
  ])('%j is HTTP all the same, in whatever pieces', (text) => {
    expect([one(text).isRequest, gatedInPieces(text).isRequest]).toEqual([true, true]);
  });

  test.each([
    '\x03\0\0\x20\x05tcUrl\x02\0\x14rtmp://a.example/app\0\x07\n',
    '\x03 x rtmp://a.example/app\n',
    '\xff\x01 /p\xe9ge\n',
    'FOO /pa\x01ge\n',
    '\0\nx /page\nGET x\n',
  ])('%j is none', (text) => {
    expect([one(text), gatedInPieces(text)]).toMatchObject([{ gone: text }, { gone: text }]);
  });

  test('of a ClientHello a word alone makes HTTP', () => {
    const hello = '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 /x\n\nHost: a.example\n\x02h2\x08http/1.1';
    expect(gatedInPieces(hello, [hello], true)).toEqual({ gone: hello, names: [], isRequest: false });
    expect(gatedInPieces('', [hello, ' HT', 'TP/1.1'], true).isRequest).toBe(true);
  });

  test('is read for 65,536 bytes', () => {
    const padded = (length: number): boolean =>
      gatedInPieces('', [`\0${'x'.repeat(length)}`, '\nGET /page\n']).isRequest;
    expect([padded(65_535), padded(65_536)]).toEqual([true, false]);
  });
});

test('a Host field goes on in eight lines at most: each is read with all before it', () => {
  const folded = (lines: number): boolean => one(`x\nHost:\n${' @\n'.repeat(lines)}`).isRequest;
  expect([folded(8), folded(9)]).toEqual([false, true]);
});

test('what a line begins with is read before it is forgotten', () => {
  const long = 'a'.repeat(2100);
  for (const text of [`\0\nGET /${long}`, `\x01 /page${long}`])
    expect(gatedInPieces('', [text, '\n']).isRequest).toBe(true);
});

test('more names at once than any client says end it', () => {
  const named = (count: number): boolean => one(`x\n${'Host: a.example\n'.repeat(count)}`).isRequest;
  expect([named(64), named(65)]).toEqual([false, true]);
});

test('pieces make no difference to what is a request, and to who is named in what is none', () => {
  fc.assert(
    fc.property(requestHeadText, fc.constantFrom('', 'x\n', '\0\n', '<x>\n', 'x\r\n\r\n'), (text, before) => {
      const [whole, pieces] = [one(before + text), gatedInPieces(before + text)];
      expect(pieces.isRequest).toBe(whole.isRequest);
      expect((before + text).startsWith(pieces.gone)).toBe(true);
      if (!whole.isRequest) expect(pieces).toEqual(whole);
    }),
    { numRuns: 2000 },
  );
});
