/** Each named bound of src has its row in limits.ts, and the test that is named there knows the bound and what lies beyond. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { AT_THE_BOUND, BEYOND, NO_BOUND } from './limits.ts';
import { ROOT } from './markdown.ts';

const NAMED = /^(?:export )?const ((?:MAX|MIN|MOST|LEAST|LONGEST|LARGEST)_[A-Z0-9_]+)(?:: \w+)? = ([^;]+);/gm;
const IMPORTS = /(?:^(?:import|export)\s(?!type\b)[^;']*?from\s|\bimport\()\s*'(\.[^']+)'/gm;

function textOf(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

/** All that a file loads, itself included. */
function reachedFrom(file: string): ReadonlySet<string> {
  const reached = new Set([file]);
  for (const one of reached)
    for (const [, path = ''] of textOf(one).matchAll(IMPORTS)) {
      const next = join(dirname(one), path);
      if (existsSync(join(ROOT, next))) reached.add(next);
    }
  return reached;
}

const names = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .flatMap((name) => [...textOf(join('src', name)).matchAll(NAMED)].map(([, constant = '']) => `${name} ${constant}`));
const tables = [AT_THE_BOUND, BEYOND, NO_BOUND];
const rows = tables.flatMap((table) => Object.keys(table));

describe('named bounds', () => {
  test('each has its row, once', () => {
    expect(names.length).toBeGreaterThan(200);
    expect(names.filter((name) => !rows.includes(name))).toEqual([]);
    expect(rows.filter((name, at) => !names.includes(name) || rows.indexOf(name) !== at)).toEqual([]);
  });

  // Was a fault: five bounds were numbers in the middle of a line, which no row named and no test met.
  test('no length is compared with a number that has no name', () => {
    const bare = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .flatMap((name) =>
        [...textOf(join('src', name)).matchAll(/\b(?:length|size|byteLength) (?:[<>]=?) \d[\d_]+/g)].map(
          ([found]) => `${name}: ${found}`,
        ),
      );
    expect(bare).toEqual([]);
  });

  test('most of those on what comes from outside are met to the last value', () => {
    expect(Object.keys(AT_THE_BOUND).length).toBeGreaterThan(Object.keys(BEYOND).length * 2);
  });

  test.each(Object.entries(AT_THE_BOUND))('%s is in the reach of %s', (name, file) => {
    const [source = ''] = name.split(' ');
    expect(existsSync(join(ROOT, file))).toBe(true);
    expect([...reachedFrom(file)]).toContain(`src/${source}`);
  });
});
