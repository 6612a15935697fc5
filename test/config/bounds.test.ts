/**
 * Each bound that config/default.yaml tells of a key is where the schema has it: the first and the last value that it names are
 * taken, one less and one more are refused, by an error that names the key. Whoever changes one of the two changes both.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parseConfig } from '../../src/config/load.ts';

interface Line {
  /** `limits.headerCount`. */
  readonly key: string;
  readonly value: string;
  readonly comment: string;
}

/** A value as the file writes it: the number, and its unit. */
const VALUE = String.raw`(\d+)([A-Za-z]*)`;
const RANGE = new RegExp(`(?:^|[^\\w./-])${VALUE} to ${VALUE}(?![\\w/])`);
const ITEMS = /at most (\d+)(?! ?(?:bytes|characters))\b/;

const text = readFileSync(join(import.meta.dirname, '..', '..', 'config', 'default.yaml'), 'utf8');
const lines = linesOf(text);

const ranges = lines.flatMap(({ key, value, comment }) => {
  const found = value === '' || value.startsWith('[') ? null : RANGE.exec(comment);
  return found === null ? [] : [{ key, least: `${found[1]}${found[2]}`, most: `${found[3]}${found[4]}` }];
});
const lists = lines.flatMap(({ key, value, comment }) => {
  const found = value === '' || value.startsWith('[') ? ITEMS.exec(comment) : null;
  return found === null ? [] : [{ key, most: Number(found[1]) }];
});

/** An item of each list that has a bound, different for each number. */
const ITEM: Readonly<Record<string, (i: number) => string>> = {
  'upstream.dns.servers': (i) => `192.0.2.${i}`,
  'admin.hosts': (i) => `h${i}.isp.example`,
  'connect.ports': (i) => String(2 * i + 1),
  'tls.ports': (i) => String(2 * i + 1),
  'upgrade.protocols': (i) => `p${i}`,
  'limits.sharedAddresses': (i) => `{ prefix: 10.0.${i >> 8}.${i & 255} }`,
  'resolver.zones': (i) => `{ name: z${i}.example, file: ./z${i}, lists: [own] }`,
  'page.help': (i) => `{ name: Help ${i}, url: 'https://help${i}.example/' }`,
};

describe('bounds that config/default.yaml names', () => {
  test('are found: most keys with a number have one', () => {
    expect(ranges.length).toBeGreaterThan(40);
    expect(lists.length).toBeGreaterThan(8);
  });

  test.each(ranges)('$key: $least to $most', ({ key, least, most }) => {
    expect({ least: faultsAt(key, least), most: faultsAt(key, most) }).toEqual({ least: [], most: [] });
    expect(faultsAt(key, beyond(most, 1))).toEqual([expect.stringContaining(key)]);
    expect(faultsAt(key, beyond(least, -1))).toEqual([expect.stringContaining(key)]);
  });

  test.each(lists)('$key: at most $most items', ({ key, most }) => {
    const items = (count: number): string => `[${Array.from({ length: count }, (_, i) => item(key, i)).join(', ')}]`;
    expect(faultsAt(key, items(most))).toEqual([]);
    expect(faultsAt(key, items(most + 1))).toEqual([expect.stringContaining(`at most ${most}`)]);
  });
});

function item(key: string, i: number): string {
  return ITEM[key]?.(i) ?? `10.${i >> 8}.${i & 255}.0/24`;
}

/** A rule between two keys, one of which has its default here. */
const BETWEEN_KEYS = /^\w+ must not be greater than \w+$/;

/** What is wrong with the key alone, in words. */
function faultsAt(key: string, value: string): readonly string[] {
  const names = key.split('.');
  const yaml = names.map((name, depth) => `${'  '.repeat(depth)}${name}:`).join('\n');
  const read = parseConfig(`lists: [{ name: own, source: ./own.txt }]\n${yaml} ${value}\n`, 'f.yaml', {});
  return read.ok
    ? []
    : read.faults
        .filter((fault) => fault.key.startsWith(key) && !BETWEEN_KEYS.test(fault.message))
        .map((fault) => `${fault.key}: ${fault.message}`);
}

const BASE: Readonly<Record<string, readonly [unit: string, factor: number]>> = {
  '': ['', 1],
  B: ['B', 1],
  KiB: ['B', 1024],
  MiB: ['B', 1024 ** 2],
  GiB: ['B', 1024 ** 3],
  ms: ['ms', 1],
  s: ['ms', 1000],
  m: ['ms', 60_000],
  h: ['ms', 3_600_000],
  d: ['ms', 86_400_000],
};

/** One of the smallest unit more, or less. */
function beyond(value: string, step: 1 | -1): string {
  const [, digits = '', name = ''] = new RegExp(`^${VALUE}$`).exec(value) ?? [];
  const [unit, factor] = BASE[name]!;
  const moved = Number(digits) * factor + step;
  return moved < 0 ? String(moved) : `${moved}${unit}`;
}

/** The keys with a value, with what is said of each behind it; what the comment before a section says of each of its keys. */
function linesOf(yaml: string): readonly Line[] {
  const found: Line[] = [];
  const path: string[] = [];
  let ofEach = '';
  let before = '';
  for (const line of yaml.split('\n')) {
    const [, indent = '', name = '', rest = ''] = /^( *)([A-Za-z]\w*):(.*)$/.exec(line) ?? [];
    if (name === '') {
      before = line.startsWith('# ') ? line : '';
      continue;
    }
    path.splice(indent.length / 2, path.length, name);
    if (indent === '') ofEach = / each[.;]/.test(before) ? before : '';
    const [value = '', comment = ''] = rest.split(/\s#/);
    found.push({
      key: path.join('.'),
      value: value.trim(),
      comment: ofEach === '' || RANGE.test(comment) ? comment : ofEach,
    });
  }
  return found;
}
