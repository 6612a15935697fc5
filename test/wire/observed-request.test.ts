import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ObservedRequest } from '../../src/wire/observed-request.ts';
import { fuzz } from '../fuzz/targets/observed-request.ts';
import { firstKind, readObserved } from '../support/reference/read-observed.ts';
import type { ObservedHead } from '../support/reference/read-observed.ts';
import { requestHeadText } from './made-up-head.ts';
import { REAL_CLIENTS } from './real-clients.ts';

const LIMITS = { requestLineBytes: 300, headerBytes: 1000, headerCount: 30 };
const LINE = 'GET /page HTTP/1.1\r\n';
const HOST = 'Host: a.example\r\n';

describe('what is relayed, and as what', () => {
  const cases: readonly { name: string; text: string; want: Partial<ObservedHead> }[] = [
    {
      name: 'as curl sends it',
      text: `${LINE}${HOST}User-Agent: curl/8.14.1\r\nAccept: */*\r\n\r\n`,
      want: {
        target: '/page',
        form: 'origin',
        path: '/page',
        host: 'a.example',
        named: null,
        minor: 1,
        body: 0,
        keepsAlive: true,
      },
    },
    {
      name: 'HTTP/1.0 without Host',
      text: 'GET /page HTTP/1.0\r\n\r\n',
      want: { host: null, minor: 0, keepsAlive: false },
    },
    {
      name: 'HTTP/1.0 that stays open',
      text: `GET /page HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n`,
      want: { minor: 0, keepsAlive: true },
    },
    { name: 'HTTP/1.1 without Host', text: `${LINE}\r\n`, want: { host: null, minor: 1 } },
    { name: 'an empty Host', text: `${LINE}Host: \r\n\r\n`, want: { host: null } },
    {
      name: 'Host with a port, and odd case',
      text: `${LINE}HOST:\tA.Example:8080 \r\n\r\n`,
      want: { host: 'A.Example' },
    },
    { name: 'Host in brackets', text: `${LINE}Host: [2001:db8::1]:80\r\n\r\n`, want: { host: '[2001:db8::1]' } },
    { name: 'two equal Hosts', text: `${LINE}${HOST}host: A.example\r\n\r\n`, want: { host: 'a.example' } },
    {
      name: 'two equal lengths',
      text: `POST / HTTP/1.1\r\n${HOST}Content-Length: 5\r\nContent-Length: 05\r\n\r\nhello`,
      want: { body: 5 },
    },
    { name: 'chunks', text: `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: Chunked\r\n\r\n`, want: { body: 'chunked' } },
    {
      name: 'chunks in an odd head, no space behind the colon',
      text: ' POST / HTTP/1.1\r\nHost:a.example\r\nTransfer-Encoding:chunked\r\n\r\n',
      want: { body: 'chunked', host: 'a.example' },
    },
    {
      name: 'as many elements of lists as are read',
      text: `GET  / HTTP/1.1\r\nConnection: ${','.repeat(127)}\r\n\r\n`,
      want: { host: null },
    },
    {
      name: 'HTTP/0.9',
      text: 'GET /page\r\n',
      want: { minor: -1, target: '/page', host: null, length: 11, keepsAlive: false },
    },
    { name: 'HTTP/0.9 with a blank line', text: 'GET /page\n\r\n', want: { minor: -1, length: 12 } },
    {
      name: 'bare LF',
      text: 'GET /page HTTP/1.1\nHost: a.example\n\n',
      want: { host: 'a.example', length: 36, keepsAlive: false },
    },
    { name: 'bare LF and a body of no bytes', text: 'POST / HTTP/1.1\nContent-Length: 0\n\n', want: { body: 0 } },
    { name: 'LF and CRLF', text: `${LINE}Host: a.example\n\n`, want: { host: 'a.example' } },
    { name: 'blank lines before', text: `\r\n\n\r\n${LINE}${HOST}\r\n`, want: { method: 'GET', target: '/page' } },
    {
      name: 'spaces and tabs',
      text: ` GET \t/page \t HTTP/1.1 \r\n${HOST}\r\n`,
      want: { method: 'GET', target: '/page' },
    },
    { name: 'a method of its own', text: `F00.b~r /page HTTP/1.1\r\n${HOST}\r\n`, want: { method: 'F00.b~r' } },
    { name: 'a method that is no token', text: `G@T /page HTTP/1.1\r\n${HOST}\r\n`, want: { method: 'G@T' } },
    { name: 'lower case', text: `GET /page http/1.0\r\n\r\n`, want: { minor: 0 } },
    { name: 'later versions', text: `GET /page HTTP/1.10\r\n${HOST}\r\n`, want: { minor: 1 } },
    { name: 'a folded line', text: `${LINE}${HOST}X: a\r\n b\r\n\tc\r\n\r\n`, want: { host: 'a.example' } },
    {
      name: 'a line without colon, after Host',
      text: `${LINE}${HOST}: x\r\n\xe9: y\r\nfoo bar\r\n\r\n`,
      want: { host: 'a.example' },
    },
    { name: 'a space before a colon', text: `${LINE}${HOST}X-Foo : y\r\n\r\n`, want: { host: 'a.example' } },
    { name: 'controls in a value', text: `${LINE}${HOST}X: \x01\x1b\x7f\r\n\r\n`, want: { host: 'a.example' } },
    { name: 'raw UTF-8', text: `GET /voil\xc3\xa0 HTTP/1.1\r\n${HOST}\r\n`, want: { target: '/voil\xc3\xa0' } },
    {
      name: 'absolute-form to another proxy',
      text: `GET http://b.example:8080/x?y HTTP/1.1\r\n${HOST}\r\n`,
      want: { form: 'absolute', named: 'b.example', path: '/x?y', host: 'a.example' },
    },
    {
      name: 'another scheme, no path',
      text: `GET foo+1://b.example HTTP/1.0\r\n\r\n`,
      want: { form: 'absolute', named: 'b.example', path: '', host: null },
    },
    {
      name: 'a query alone',
      text: `GET http://b.example?x HTTP/1.0\r\n\r\n`,
      want: { named: 'b.example', path: '?x' },
    },
    { name: 'asterisk', text: `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`, want: { form: 'asterisk', path: '' } },
    {
      name: 'CONNECT to another proxy',
      text: `CONNECT b.example:443 HTTP/1.1\r\n${HOST}\r\n`,
      want: { form: 'authority', named: 'b.example', path: '' },
    },
    {
      name: 'WebSocket',
      text: `${LINE}${HOST}Connection: Upgrade\r\nUpgrade: websocket \r\n\r\n`,
      want: { upgrade: 'websocket', upgradeLine: 'Upgrade: websocket \r\n' },
    },
    {
      name: 'WebSocket in an odd head',
      text: `GET  /page HTTP/1.1\r\n${HOST}Upgrade: websocket \r\nConnection: Upgrade\r\n\r\n`,
      want: { upgrade: 'websocket', upgradeLine: 'Upgrade: websocket \r\n' },
    },
    { name: '100-continue', text: `${LINE}${HOST}Expect: 100-Continue\r\n\r\n`, want: { expectsContinue: true } },
    { name: 'HEAD', text: `HEAD /page HTTP/1.1\r\n${HOST}\r\n`, want: { isHead: true } },
    { name: 'it closes', text: `${LINE}${HOST}Connection: foo, Close\r\n\r\n`, want: { keepsAlive: false } },
  ];
  test.each(cases)('$name', ({ text, want }) => {
    expect(readObserved(text, LIMITS)).toMatchObject(want);
    expect(() => fuzz(Buffer.from(text, 'latin1'))).not.toThrow();
  });

  test('a request behind another is found where that one ends', () => {
    const first = `POST /a HTTP/1.1\r\n${HOST}Content-Length: 2\r\n\r\n`;
    const second = `GET /b HTTP/1.1\n${HOST}\n`;
    const text = `${first}xy\r\n${second}`;
    expect(readObserved(text, LIMITS, { start: first.length + 2 })).toMatchObject({
      target: '/b',
      length: text.length,
    });
  });
});

test.each(Object.entries(REAL_CLIENTS))('%s is not refused', (_name, text) => {
  expect(firstKind(text)).toBe('http');
  const head = readObserved(text, { ...LIMITS, requestLineBytes: 8192 });
  expect(head).toMatchObject({ length: expect.any(Number) });
});

describe('what is refused', () => {
  const cases: readonly { name: string; text: string; status?: number }[] = [
    { name: 'the preface of HTTP/2', text: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', status: 505 },
    { name: 'HTTP/2.0 in the line', text: `GET /page HTTP/2.0\r\n${HOST}\r\n`, status: 505 },
    { name: 'HTTP/0.9 with a version', text: 'GET /page HTTP/0.9\r\n\r\n', status: 505 },
    { name: 'bare CR', text: `GET /page HTTP/1.1\r${HOST}`, status: 400 },
    { name: 'CR only', text: 'GET /page HTTP/1.0\r\r' },
    { name: 'CR CR LF', text: `${LINE}${HOST}X: y\r\r\n\r\n` },
    { name: 'NUL', text: `${LINE}${HOST}X: \0\r\n\r\n` },
    { name: 'NUL in the target', text: `GET /page\0 HTTP/1.1\r\n${HOST}\r\n` },
    { name: 'what Python takes for the end of a line', text: `${LINE}X: \x1cHost: b.example\r\n${HOST}\r\n` },
    { name: 'Hosts that differ', text: `${LINE}${HOST}Host: b.example\r\n\r\n` },
    { name: 'Hosts that differ in their port', text: `${LINE}${HOST}Host: a.example:80\r\n\r\n` },
    { name: 'an empty Host beside one', text: `${LINE}${HOST}Host:\r\n\r\n` },
    ...['a b', 'a,b', 'u@a.example', 'a/b', 'a:b', 'a:80:80', '[::1', ':80', 'a\xa0b\x85 c'].map((host) => ({
      name: `Host ${host}`,
      text: `${LINE}Host: ${host}\r\n\r\n`,
    })),
    { name: 'a folded Host', text: `${LINE}Host: a\r\n .example\r\n\r\n` },
    { name: 'a Host that is folded onto another field', text: `${LINE}X: y\r\n Host: b.example\r\n${HOST}\r\n` },
    { name: 'an indented Host', text: `${LINE} Host: b.example\r\n${HOST}\r\n` },
    { name: 'a space before the colon of Host', text: `${LINE}Host : a.example\r\n\r\n` },
    { name: 'a Host behind a line that is none', text: `${LINE}foo\r\n${HOST}\r\n` },
    // Was a miss: PHP makes one name of both.
    { name: 'a line behind one without colon', text: `${LINE}X: y\r\nHo\r\nst: a.example\r\n\r\n` },
    { name: 'a line behind the last part of a name', text: `${LINE}${HOST}foo\r\nX: y\r\n\r\n` },
    { name: 'a Host behind a name that is none', text: `${LINE}\xe9: y\r\n${HOST}\r\n` },
    { name: 'both framings', text: `${LINE}${HOST}Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n` },
    { name: 'lengths that differ', text: `${LINE}${HOST}Content-Length: 0\r\nContent-Length: 1\r\n\r\n` },
    ...['', '+5', '5,5', '0x5', '5 5', '-1', '1'.repeat(16)].map((length) => ({
      name: `a length of "${length}"`,
      text: `${LINE}${HOST}Content-Length: ${length}\r\n\r\n`,
    })),
    { name: 'a quoted length', text: `${LINE}${HOST}"Content-Length": 5\r\n\r\n` },
    { name: 'a space before the colon of the length', text: `${LINE}${HOST}Content-Length\t: 5\r\n\r\n` },
    { name: 'a folded length', text: `${LINE}${HOST}Content-Length: 5\r\n 0\r\n\r\n` },
    { name: 'a length behind a line that is no field', text: `${LINE}${HOST}foo bar\r\nContent-Length: 5\r\n\r\n` },
    { name: 'a length and both ends of lines', text: `${LINE}Host: a.example\nContent-Length: 5\r\n\r\n` },
    // uWSGI reads a head up to two CRLF, and finds another Host in what follows the blank line of others.
    { name: 'a length and bare LF', text: 'POST / HTTP/1.1\nContent-Length: 49\n\n\r\nHost: a.example\r\n\r\n' },
    { name: 'chunks and bare LF', text: 'POST / HTTP/1.1\nTransfer-Encoding: chunked\n\n' },
    { name: 'chunks on HTTP/1.0', text: 'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n' },
    { name: 'chunked twice', text: `${LINE}${HOST}${'Transfer-Encoding: chunked\r\n'.repeat(2)}\r\n` },
    { name: 'another coding', text: `${LINE}${HOST}Transfer-Encoding: gzip, chunked\r\n\r\n`, status: 501 },
    { name: 'another coding in an odd head', text: `GET  / HTTP/1.1\r\n${HOST}Transfer-Encoding: gzip\r\n\r\n` },
    { name: 'two Upgrades', text: `${LINE}${HOST}Upgrade: websocket\r\nUpgrade: h2c\r\n\r\n` },
    { name: 'an indented Upgrade', text: `${LINE}${HOST} Upgrade: h2c\r\n\r\n` },
    { name: 'white space where the head may end', text: `${LINE}${HOST} \r\n\r\n` },
    { name: 'four words', text: `GET /a b HTTP/1.1\r\n${HOST}\r\n` },
    { name: 'one word', text: 'GET\r\n' },
    { name: 'two words that are no HTTP/0.9', text: 'POST /page\r\n' },
    { name: 'no version', text: `GET /page FOO/1.0\r\n${HOST}\r\n` },
    { name: 'half a version', text: `GET /page HTTP/1\r\n${HOST}\r\n` },
    { name: 'white space of Python in the target', text: 'GET /page\xa0HTTP/1.1\r\n' },
    { name: 'white space of Python behind the target', text: `GET /page\xa0 HTTP/1.1\r\n${HOST}\r\n` },
    { name: 'white space of Python behind UTF-8', text: `GET /\xc3\xa9\xa0 HTTP/1.1\r\n${HOST}\r\n` },
    { name: 'a fragment', text: `GET /page#x HTTP/1.1\r\n${HOST}\r\n` },
    { name: 'a control byte in the target', text: `GET /pa\x01ge HTTP/1.1\r\n${HOST}\r\n` },
    ...[
      'page',
      '?x',
      'http:/page',
      'http:page',
      '*',
      '\\page',
      'http:///page',
      'http://u@b/',
      'http://b:x/',
      '://b/',
    ].map((target) => ({ name: `target ${target}`, text: `GET ${target} HTTP/1.1\r\n${HOST}\r\n` })),
    ...['/page', 'http://b/', '', 'b.example/x'].map((target) => ({
      name: `CONNECT ${target}`,
      text: `CONNECT ${target} HTTP/1.1\r\n${HOST}\r\n`,
    })),
    { name: 'a line over the limit', text: `GET  /${'a'.repeat(300)} HTTP/1.1\r\n`, status: 414 },
    { name: 'blank lines over the limit', text: '\r\n'.repeat(200), status: 414 },
    { name: 'fields over the limit', text: `GET  / HTTP/1.1\r\nX: ${'a'.repeat(1000)}\r\n`, status: 431 },
    { name: 'too many fields', text: `GET  / HTTP/1.1\r\n${'X: a\r\n'.repeat(31)}`, status: 431 },
    { name: 'too long a list', text: `GET  / HTTP/1.1\r\nConnection: ${','.repeat(128)}\r\n` },
  ];
  test.each(cases)('$name', ({ text, status = 400 }) => {
    expect(readObserved(text, LIMITS)).toEqual({ refused: status });
    expect(() => fuzz(Buffer.from(text, 'latin1'))).not.toThrow();
  });
});

test('one reader serves one request after another, whatever the last one was', () => {
  const request = new ObservedRequest(LIMITS);
  const texts = [
    `GET / HTTP/1.0\r\nHost: a.example\r\nConnection: close\r\nUpgrade: x\r\nExpect: 100-continue\r\n\r\n`,
    'GET  / HTTP/1.1\r\nContent-Length: 5\r\n\r\n',
    'GET / HTTP/1.1\r\nX: \0',
    'GET /\n',
    'POST / HTTP/1.1\r\n\r\n',
  ];
  for (const text of [...texts, ...texts]) {
    const bytes = Buffer.from(text, 'latin1');
    request.begin(0);
    expect(request.parse(bytes, bytes.length)).toBe(text.includes('\0') ? -400 : bytes.length);
  }
  expect([
    request.hostStart,
    request.contentLength,
    request.hasUpgrade,
    request.expectsContinue,
    request.keepsAlive,
  ]).toEqual([-1, 0, false, false, true]);
});

test('any bytes, in any pieces: the promises of the fuzz target', () => {
  fc.assert(
    fc.property(requestHeadText, (text) => fuzz(Buffer.from(text, 'latin1'))),
    { numRuns: 3000 },
  );
});
