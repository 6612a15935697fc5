/** What is never steered: by purpose, by range, and the ranges that are shipped. */
import { writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { formatPrefix, parsePrefix } from '../../../src/lib/prefix.ts';
import type { Prefix } from '../../../src/lib/types.ts';
import { hostPrefixes } from '../../../src/outlets/routes/host-prefixes.ts';
import { loadRanges } from '../../../src/outlets/routes/load-ranges.ts';
import { neverSteered } from '../../../src/outlets/routes/never-steered.ts';
import { readRanges } from '../../../src/outlets/routes/range-file.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

function prefixes(...texts: readonly string[]): Prefix[] {
  return texts.map((text) => {
    const parsed = parsePrefix(text);
    if (!parsed.ok) throw new TypeError(parsed.reason);
    return parsed.value;
  });
}

/** Public addresses of nobody: unallocated or of registries' reserve, and nothing is sent to them. */
const PUBLIC = ['44.0.0.1', '2a00::1'];

describe('by purpose', () => {
  const never = neverSteered({ allow: [], nat64: prefixes('64:ff9b::/96'), ranges: [] });

  test.each(PUBLIC)('%s may be steered', (address) => expect(never(address)).toBe(false));

  test.each([
    '127.0.0.1',
    '0.0.0.0',
    '10.0.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '198.51.100.1',
    '203.0.113.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    'fe80::1',
    'fd00::1',
    'ff02::1',
    '2001:db8::1',
    '::ffff:44.0.0.1',
    '64:ff9b::2c00:1',
    '2002:2c00:1::1',
    'no address',
    '',
  ])('%s is never steered', (address) => expect(never(address)).toBe(true));

  test('a special address that the filter may connect to may be steered, unless a range has it', () => {
    const allowed = neverSteered({ allow: prefixes('203.0.113.0/24'), nat64: [], ranges: prefixes('203.0.113.8/29') });
    expect([allowed('203.0.113.1'), allowed('203.0.113.9'), allowed('198.51.100.1')]).toEqual([false, true, true]);
  });
});

test('addresses of machines, however they are written', () => {
  const texts = [
    '203.0.113.1',
    '203.0.113.2:53',
    '2001:db8::1',
    '[2001:db8::2]:5353',
    '0.0.0.0',
    '::',
    'host.example',
    'x:1',
  ];
  expect(hostPrefixes(texts).map(formatPrefix)).toEqual([
    '203.0.113.1/32',
    '203.0.113.2/32',
    '2001:db8::1/128',
    '2001:db8::2/128',
  ]);
});

describe('files of ranges', () => {
  test('prefixes, comments, and what is taken back', () => {
    expect(readRanges('# a\n198.51.100.0/24  # b\n\n!104.16.0.0/13\n', 'f')).toEqual({
      ok: true,
      value: { prefixes: prefixes('198.51.100.0/24'), takenBack: new Set(['104.16.0.0/13']) },
    });
  });

  // Was a fault of the whole file: its comments ended with a carriage return.
  test('of Windows likewise', () => {
    expect(readRanges('# a\r\n198.51.100.0/24 # b\r\n', 'f')).toMatchObject({
      ok: true,
      value: { prefixes: prefixes('198.51.100.0/24') },
    });
  });

  test('a line that is none names its place', () => {
    expect(readRanges('198.51.100.0/24\n198.51.100.1/24\n', 'own.txt')).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/^own\.txt, line 2: .*did you mean/),
    });
  });

  test('those that are shipped hold, and can be taken back; the own ones are added', async () => {
    using directory = temporaryDirectory();
    const own = directory.file('own.txt');
    writeFileSync(own, '!151.101.0.0/16\n44.0.0.0/24\n');
    const [shipped, changed] = [await loadRanges([]), await loadRanges([own])];
    if (!shipped.ok || !changed.ok) throw new Error('ranges');
    const of = (ranges: readonly Prefix[]) => neverSteered({ allow: [], nat64: [], ranges });
    const asked = ['104.16.1.1', '2606:4700::1', '151.101.1.1', '198.41.0.4', '8.8.8.8', '44.0.0.1'];
    expect(asked.map(of(shipped.value))).toEqual([true, true, true, true, true, false]);
    expect(asked.map(of(changed.value))).toEqual([true, true, false, true, true, true]);
  });

  test('one that cannot be read is a fault of all', async () => {
    using directory = temporaryDirectory();
    expect(await loadRanges([directory.file('none')])).toMatchObject({
      ok: false,
      reason: expect.stringContaining('none'),
    });
  });
});

test('a file of ranges has 100,000 lines, and not one more', () => {
  const text = (lines: number): string => Array.from({ length: lines }, () => '192.0.2.0/24').join('\n');
  expect([readRanges(text(100_000), 'file').ok, readRanges(text(100_001), 'file').ok]).toEqual([true, false]);
});
