import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RequestTarget } from '../../src/wire/request-target.ts';

interface Read {
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

/** Between other bytes: what stands around a target must not be looked at. */
function read(text: string, form: 'absolute' | 'authority', around = ''): Read | null {
  const bytes = Buffer.from(`${around}${text}${around}`, 'latin1');
  const [start, end] = [around.length, around.length + text.length];
  const target = new RequestTarget();
  const isValid =
    form === 'absolute' ? target.parseAbsolute(bytes, start, end) : target.parseAuthorityForm(bytes, start, end);
  if (!isValid) return null;
  return {
    host: bytes.toString('latin1', target.hostStart, target.hostEnd),
    port: target.port,
    path: bytes.toString('latin1', target.pathStart, target.pathEnd),
  };
}

describe('absolute-form', () => {
  const good: [text: string, host: string, port: number, path: string][] = [
    ['http://a', 'a', 80, ''],
    ['HTTP://A/', 'A', 80, '/'],
    ['http://a:8080/x?y', 'a', 8080, '/x?y'],
    ['http://a:/', 'a', 80, '/'],
    ['http://a?x', 'a', 80, '?x'],
    ['http://a:0080/', 'a', 80, '/'],
    ['http://[::1]:81/[x]', '[::1]', 81, '/[x]'],
    ['http://[::1]', '[::1]', 80, ''],
    ['http://\u00e9%41_b/', '\u00e9%41_b', 80, '/'],
    ['http://1234/', '1234', 80, '/'],
    ['http://a/b@c:d', 'a', 80, '/b@c:d'],
  ];
  test.each(good)('%s', (text, host, port, path) => {
    expect(read(text, 'absolute')).toEqual({ host, port, path });
  });

  test.each([
    ['ws://a', 'a', 80, ''],
    ['WS://a:8080/x?y', 'a', 8080, '/x?y'],
    ['ws://[::1]:81/chat', '[::1]', 81, '/chat'],
  ])('%s is told apart', (text, host, port, path) => {
    const target = new RequestTarget();
    const bytes = Buffer.from(text);
    expect(target.parseAbsolute(bytes, 0, bytes.length) && target.isWebSocket).toBe(true);
    expect(read(text, 'absolute')).toEqual({ host, port, path });
    expect(target.parseAbsolute(Buffer.from('http://a/'), 0, 9) && !target.isWebSocket).toBe(true);
    target.parseAbsolute(bytes, 0, bytes.length);
    expect(target.parseAbsolute(Buffer.from('/'), 0, 1) || target.isWebSocket).toBe(false);
  });

  const bad = [
    '',
    '/',
    'ws:',
    'ws://',
    'ws:///x',
    'ws:/a/',
    'ws//a/',
    'wss://a/',
    'ws://u@a/',
    'ws://a:0/',
    'w://a/',
    'xs://a/',
    'a',
    'http:',
    'http://',
    'http:///',
    'http:/a/b/c',
    'https://a/',
    'http://:80/',
    'http://u@a/',
    'http://u:p@a/',
    'http://a:b/',
    'http://a:1:2/',
    'http://a:65536/',
    'http://a:0/',
    'http://[::1/',
    'http://[::1]x/',
    'http://::1/',
    'http://a\\b/',
    'http://a"/',
    'http://a|b/',
  ];
  test.each(bad)('%s is none', (text) => {
    expect(read(text, 'absolute')).toBeNull();
  });
});

describe('authority-form', () => {
  test.each<[string, string, number]>([
    ['a:443', 'a', 443],
    ['[::1]:1', '[::1]', 1],
    ['a:065535', 'a', 65_535],
  ])('%s', (text, host, port) => {
    expect(read(text, 'authority')).toEqual({ host, port, path: '' });
  });

  test.each([
    '',
    'a',
    'a:',
    ':443',
    'a:0',
    'a:65536',
    'a:443/',
    'a:443?',
    'u@a:443',
    'http://a:443',
    'a:4:43',
    '[::1]',
    '[::1]443',
    'a:44x',
  ])('%s is none', (text) => {
    expect(read(text, 'authority')).toBeNull();
  });
});

describe('any target', () => {
  const texts = fc
    .tuple(
      fc.constantFrom('http://', 'http://', 'HTTP://', ''),
      fc.string({ maxLength: 24, unit: fc.constantFrom(...'aZ0:::8@/?#[].%-\\"\u00e9') }),
    )
    .map((parts) => parts.join(''));

  test('as a regular expression reads it, whatever stands around', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const authority = String.raw`(\[[\w\-.~%!$&'()*+,;=:[\]\x80-\xff]*\]|[\w\-.~%!$&'()*+,;=[\]\x80-\xff]+)`;
        const absolute = new RegExp(String.raw`^http:\/\/${authority}(?::(\d*))?([/?].*)?$`, 'i').exec(text);
        const [, host = '', port = '', path = ''] = absolute ?? [];
        const isOdd =
          (host.startsWith('[') && !host.endsWith(']')) || (port !== '' && (Number(port) < 1 || Number(port) > 65_535));
        const want = absolute === null || isOdd ? null : { host, port: port === '' ? 80 : Number(port), path };
        expect(read(text, 'absolute')).toEqual(want);
        expect(read(text, 'absolute', '0:a@/')).toEqual(want);
        const alone = read(text, 'authority');
        expect(read(text, 'authority', '0:a@/')).toEqual(alone);
        if (alone !== null) expect(`${alone.host}:${alone.port}`).toBe(text.replace(/:0*(?=\d+$)/, ':'));
      }),
      { numRuns: 2000 },
    );
  });
});
