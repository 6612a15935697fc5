/** Small readers and writers of lines: bounds of lines, hosts as lines spell them, addresses that mean something else elsewhere. */
import { describe, expect, test } from '@jest/globals';
import { addressAmbiguity, hostAmbiguity } from '../../../src/list/text/ambiguous-address.ts';
import type { ParsedAddress } from '../../../src/list/text/ambiguous-address.ts';
import { compileText } from '../../../src/list/text/compile.ts';
import { dayText, hostText } from '../../../src/list/text/host-text.ts';
import { isIpLiteral } from '../../../src/list/text/ip-literal.ts';
import { columnAt, foreignFormat, isCutOff, readLines } from '../../../src/list/text/lines.ts';
import { RowBound, TOO_MANY_ENTRIES } from '../../../src/list/text/row-bound.ts';
import { MAX_TEST_ADDRESSES, markedAddress } from '../../../src/list/text/test-address.ts';
import { canonicalHost } from '../../../src/url/host.ts';
import { entry } from '../../match/support.ts';

describe('lines', () => {
  const lines = (text: string | Uint8Array): readonly (readonly [number, number, string, string | null])[] =>
    [...readLines(Buffer.from(text))].map(({ number, start, text: of, error }) => [
      number,
      start,
      of,
      error?.message ?? null,
    ]);

  test('without their ends, numbered from 1, each with its offset', () => {
    expect(lines('\ufeffa\r\n\nb\n')).toEqual([
      [1, 3, 'a', null],
      [2, 6, '', null],
      [3, 7, 'b', null],
    ]);
  });

  test('of as many bytes as are read, and of one more', () => {
    expect(lines(`${'a'.repeat(16_384)}\n`)[0]?.[3]).toBeNull();
    expect(lines(`${'a'.repeat(16_385)}\n`)).toEqual([[1, 0, '', expect.stringContaining('at most 16384')]]);
    // The end of a line is no part of it.
    expect(lines(`${'a'.repeat(16_384)}\r\n`)[0]?.[3]).toBeNull();
  });

  test('with what no text has are told by their place', () => {
    expect(lines('a\u0000b\n')[0]?.[3]).toContain('U+0000');
    expect(lines(Buffer.from([0x61, 0xc3, 0x28, 0x0a]))[0]?.[3]).toContain('not UTF-8');
    expect(lines('a')[0]?.[3]).toContain('cut off');
    expect(lines('')[0]?.[3]).toContain('empty');
    expect(lines('a\rb\r')).toEqual([[1, 0, '', expect.stringContaining('lines end with CR alone')]]);
    expect(columnAt('b\u00c3\u00bccher', 3)).toBe(3);
  });

  test.each([
    { bytes: [0xff, 0xfe, 0x61, 0], format: 'UTF-16', isCut: false },
    { bytes: [0x61, 0, 0x62, 0], format: 'UTF-16', isCut: false },
    // Was a fault: UTF-16 was what it was called, or a compiled list.
    { bytes: [0xff, 0xfe, 0, 0, 0x61, 0, 0, 0], format: 'UTF-32', isCut: false },
    { bytes: [0, 0, 0xfe, 0xff, 0, 0, 0, 0x61], format: 'UTF-32', isCut: false },
    { bytes: [0x61, 0, 0, 0, 0x0a, 0, 0, 0], format: 'UTF-32', isCut: false },
    { bytes: [0, 0, 0, 0x61, 0, 0, 0, 0x0a], format: 'UTF-32', isCut: false },
    { bytes: [0x1f, 0x8b, 8], format: 'gzip', isCut: false },
    { bytes: [0x50, 0x4b, 3, 4], format: 'ZIP', isCut: false },
    { bytes: [0x42, 0x5a, 0x68, 0x39, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59], format: 'bzip2', isCut: false },
    { bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], format: 'xz', isCut: false },
    { bytes: [0x28, 0xb5, 0x2f, 0xfd], format: 'zstd', isCut: false },
    // Was a fault: it was called cut off.
    { bytes: [0x61, 0x0d, 0x62], format: 'lines end with CR alone', isCut: false },
    { bytes: [0x61, 0x0d, 0x62, 0x0d], format: 'lines end with CR alone', isCut: false },
    // A CR LF that was cut in two.
    { bytes: [0x61, 0x0d], format: null, isCut: true },
    { bytes: [0x61, 0x0d, 0x62, 0x0d, 0x0a], format: null, isCut: false },
    { bytes: [0x61, 1, 0, 0x0d, 0x62], format: null, isCut: true },
    { bytes: [0x61, 0x62], format: null, isCut: true },
    { bytes: [0x61, 0x0a], format: null, isCut: false },
    { bytes: [], format: null, isCut: true },
  ])('$bytes: $format', ({ bytes, format, isCut }) => {
    const given = Uint8Array.from(bytes);
    expect(isCutOff(given)).toBe(isCut);
    if (format === null) expect(foreignFormat(given)).toBeNull();
    else expect(foreignFormat(given)).toContain(format);
  });
});

test.each([
  ['a.example', 'a.example'],
  ['_x.a-b.example', '_x.a-b.example'],
  ['a~b.example', 'a%7Eb.example'],
  ['[2001:db8::1]', '[2001:db8::1]'],
])('%s is spelled %s, and read as the same host', (host, text) => {
  const canonical = canonicalHost(host);
  expect(canonical).toBe(host);
  expect(hostText(canonical!)).toBe(text);
  expect(canonicalHost(text)).toBe(host);
});

test('a day as people write it', () => {
  expect([dayText(0), dayText(20_000)]).toEqual(['1970-01-01', '2024-10-04']);
});

test.each([
  ['192.0.2.1', true],
  ['[::1]', true],
  ['1.example', false],
  ['a.1', false],
])('%s is an address: %s', (host, want) => {
  expect(isIpLiteral(host)).toBe(want);
});

test.each([
  ['a.example', 0, 'http://a.example/'],
  ['*.a.example', 8080, 'http://a.example:8080/'],
  ['a.example/dir/*', 0, 'http://a.example/dir/'],
  ['a.example/page?*', 0, 'http://a.example/page'],
  ['a.example/u?q=1', 81, 'http://a.example:81/u?q=1'],
  ['a.example/u', 0, 'http://a.example/u'],
])('the test address of %s at port %d is %s', (text, port, want) => {
  expect(markedAddress(entry(text, { port }))).toEqual({ url: want, isAnyPort: port === 0, permitsDns: false });
});

test('a list has so many test addresses, and no more', () => {
  const lines = (count: number): string => Array.from({ length: count }, (_, i) => `a${i}.example test\n`).join('');
  const kept = (count: number): readonly unknown[] =>
    compileText(Buffer.from(lines(count)), { list: 0, action: 'block', today: 20_000 }).tests;
  expect(kept(MAX_TEST_ADDRESSES)).toHaveLength(MAX_TEST_ADDRESSES);
  expect(kept(MAX_TEST_ADDRESSES + 1)).toHaveLength(MAX_TEST_ADDRESSES);
});

describe('how many entries stand for one address', () => {
  const many = (count: number): readonly string[] => {
    const bound = new RowBound(1000);
    return Array.from({ length: count }, (_, port) => bound.admit(entry('a.example', { port: port + 1 })));
  };

  test('sixty-four, and not one more', () => {
    expect(new Set(many(64))).toEqual(new Set(['taken']));
    expect(many(65).at(-1)).toBe('too many');
    expect(TOO_MANY_ENTRIES).toContain('64');
  });

  test('one that says the same is none, once they are looked at; another address has its own count', () => {
    const bound = new RowBound(1000);
    for (let port = 1; port <= 40; port += 1) bound.admit(entry('a.example', { port }));
    expect(bound.admit(entry('a.example', { port: 40 }))).toBe('repeated');
    expect(bound.admit(entry('a.example', { port: 40, count: true }))).toBe('taken');
    for (let port = 1; port <= 64; port += 1) bound.admit(entry('a.example/x', { port }));
    expect(bound.admit(entry('a.example/x', { port: 65 }))).toBe('too many');
    expect(bound.admit(entry('a.example', { port: 41 }))).toBe('taken');
    // A directory and the page of its name share a key.
    expect(bound.admit(entry('a.example/x/*', { port: 66 }))).toBe('too many');
  });
});

describe('addresses that mean something else to another tool', () => {
  test.each([
    { raw: '.a.example', host: 'a.example', at: 5, message: /./ },
    { raw: 'a~b.example', host: 'a~b.example', at: 6, message: /'~' stands in no host name/ },
    { raw: '-', host: '-', at: 5, message: /a letter or a digit/ },
  ])('the host $raw', ({ raw, host, at, message }) => {
    expect(hostAmbiguity(raw, canonicalHost(host)!, 5)).toMatchObject({
      at,
      message: expect.stringMatching(message) as unknown,
    });
  });

  test('a host that is written as it is asked for means one thing', () => {
    expect(hostAmbiguity('a%7eb.example', canonicalHost('a~b.example')!, 0)).toBeNull();
    expect(hostAmbiguity('[::1]', canonicalHost('[::1]')!, 0)).toBeNull();
  });

  const address = (text: string, more: Partial<ParsedAddress> = {}): ParsedAddress => {
    const slash = text.search(/[/\\#]/);
    const pathAt = slash < 0 ? text.length : slash;
    const { path } = entry(slash < 0 ? 'a.example' : 'a.example/x');
    return { text, hasScheme: false, pathAt, host: canonicalHost(text.slice(0, pathAt))!, port: 0, path, ...more };
  };
  test.each([
    { text: 'a.example', code: null },
    { text: 'a.example/24', code: null },
    { text: '192.0.2.0/24', code: 'foreign_network' },
    { text: '192.0.2.0/33', code: null },
    { text: '192.0.2.0/255.255.255.0', code: 'foreign_network' },
    { text: '[2001:db8::]/128', code: 'foreign_network' },
    { text: '[2001:db8::]/129', code: null },
    { text: '192.168', code: 'foreign_network' },
    { text: 'a.example\\.x', code: 'foreign_regex' },
    { text: 'a.example##.x', code: 'foreign_adblock' },
  ])('$text: $code', ({ text, code }) => {
    expect(addressAmbiguity(address(text))?.code ?? null).toBe(code);
  });

  test('with a scheme, or a port, a network is none', () => {
    expect(addressAmbiguity(address('192.0.2.0/24', { hasScheme: true }))).toBeNull();
    expect(addressAmbiguity(address('192.0.2.0/24', { port: 80 }))).toBeNull();
  });
});
