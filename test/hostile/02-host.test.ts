/** Requirement 2: exactly one valid Host on 1.1 (RFC 9112 §3.2). The target decides all the same. */
import { describe, expect, test } from '@jest/globals';
import { everySplit, forwarded, hostileSuite, show } from './support/suite.ts';

const suite = hostileSuite();
const request = (lines: readonly string[], version = '1.1'): string => `GET ${suite.upstream.url}/ HTTP/${version}\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;

describe('requirement 2: exactly one valid Host', () => {
  const bad: (readonly string[])[] = [
    [],
    ['Host: a.example', 'Host: a.example'],
    ['Host: a.example', 'Host: b.example'],
    ['Host: a.example', 'X: y', 'hOST: a.example'],
    ['Host: a.example', 'Host:'],
    ['Host:'],
    ['Host: '],
    ['Host: \t '],
    ['Host: a.example, b.example'],
    ['Host: a.example,'],
    ['Host: user@a.example'],
    ['Host: user:pass@a.example'],
    ['Host: @a.example'],
    ['Host: http://a.example'],
    ['Host: a.example/'],
    ['Host: a.example/path'],
    ['Host: /a.example'],
    ['Host: a.example?q'],
    ['Host: a.example#f'],
    ['Host: a.example b.example'],
    ['Host: a\tb'],
    ['Host: a\\b'],
    ['Host: "a.example"'],
    ['Host: <a>'],
    ['Host: :80'],
    ['Host: a.example:80:80'],
    ['Host: a.example:x'],
    ['Host: a.example:-1'],
    ['Host: a.example:+80'],
    ['Host: a.example:80a'],
    ['Host: a.example: 80'],
    ['Host: a.example :80'],
    ['Host: a.example:65536'],
    ['Host: a.example:99999999999999999999'],
    ['Host: ['],
    ['Host: []'],
    ['Host: [::1'],
    ['Host: ::1'],
    ['Host: [::1]]'],
    ['Host: [::1]a'],
    ['Host: [::1 ]'],
    ['Host: [a/b]'],
    ['Host: [a@b]'],
    ['Host: [::1]:x'],
    ['Host: a[b'],
    ['Host: a]b'],
    ['Host: a.example\0'],
    ['Host: a.example\u0001'],
    ['Host: a.example\u000b'],
    ['Host: a.example\u007f'],
    ['Host : a.example'],
    ['Host\t: a.example'],
    [' Host: a.example'],
    ['Host\0: a.example'],
    ['Host: a.example', ' b.example'],
    ['Host: a.example', '\tb.example'],
  ];
  test.each(bad.map((lines) => ({ name: show(lines.join('\r\n')), lines })))('$name: 400', async ({ lines }) => {
    await suite.refused(request(lines), 400);
  });

  test.each([['Host: a.example', 'Host: a.example'], ['Host: a@b'], ['Host:']])('in any two pieces: %s', async (...lines) => {
    for (const pieces of everySplit(request(lines))) await suite.refused(pieces, 400);
  });

  test.each([[['Host: a.example', 'Host: a.example']], [['Host: a@b']], [['Host: ']], [['Host: a, b']]])('HTTP/1.0 too: %s', async (lines) => {
    await suite.refused(request(lines, '1.0'), 400);
  });

  const good = ['a.example', 'a.example:', 'a.example:80', 'a.example:65535', '[::1]', '[::1]:80', '127.0.0.1', 'a_b', 'xn--a', '%41', 'HOST', '__proto__', 'constructor'];
  test.each(good)('a valid Host is taken and a new one made: %s', async (host) => {
    const { upstream } = suite;
    await suite.ask(request([`Host: ${host}`]), 'ok');
    expect(upstream.take()).toBe(forwarded('GET / HTTP/1.1', upstream.authority));
  });

  test('none on HTTP/1.0', async () => {
    const { upstream } = suite;
    await suite.ask(request([], '1.0'));
    expect(upstream.take()).toBe(forwarded('GET / HTTP/1.1', upstream.authority));
  });

  test('white space around the value is no part of it', async () => {
    const { upstream } = suite;
    await suite.ask(request(['Host:  \ta.example \t']), 'ok');
    expect(upstream.take()).toBe(forwarded('GET / HTTP/1.1', upstream.authority));
  });
});
