/** docs/network.md against the rest: each test that a row names is there, each key exists, each port is a default. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { document, ROOT, tableRows } from './markdown.ts';

const text = document('docs/network.md');

describe('how connections end', () => {
  const rows = tableRows(text, 'Situation').map(([situation = '', , , shown = '']) => {
    const [, file = '', title = ''] = /^`([^`]+)` "(.+)"$/.exec(shown) ?? [];
    return { situation, file, title };
  });

  test('the table is there', () => {
    expect(rows.length).toBeGreaterThan(25);
  });

  test.each(rows)('$situation', ({ file, title }) => {
    expect(existsSync(join(ROOT, file))).toBe(true);
    const source = readFileSync(join(ROOT, file), 'utf8').replaceAll("\\'", "'");
    expect({ title, isThere: title !== '' && source.includes(title) }).toEqual({ title, isThere: true });
  });
});

describe('ports and flows', () => {
  const shipped = readFileSync(join(ROOT, 'config/default.yaml'), 'utf8');
  const rows = tableRows(text, 'From').map((cells) => cells.join(' '));

  test('every port that is opened by default has a row', () => {
    const ports = [...shipped.matchAll(/^ {2,4}port: (\d+)/gm)].map(([, port]) => port!);
    expect(ports).toEqual(expect.arrayContaining(['3128', '9090']));
    expect(ports.filter((port) => !rows.some((row) => row.includes(`\`${port}/tcp\``)))).toEqual([]);
  });
});

test('every key that is named exists', () => {
  const known = readFileSync(join(ROOT, 'config/default.yaml'), 'utf8');
  const named = [
    ...text.matchAll(
      /`((?:listeners\[\]|lists\[\]|admin|clients|connect|control|limits|shutdown|timeouts|upstream|exempt)\.[\w.]+)/g,
    ),
  ].map(([, key = '']) => key.split('.').at(-1)!);
  expect(named.length).toBeGreaterThan(15);
  expect(named.filter((key) => !new RegExp(`^[ #-]*\\{?\\s*${key}:`, 'm').test(known))).toEqual([]);
});
