/** docs/fleet.md against the files that it shows, and its sizing: each figure of the second table follows from the first. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parseConfig } from '../../src/config/load.ts';
import { blocksOf, document, ROOT } from './markdown.ts';

const guide = document('docs/fleet.md');
const FOLDER = join(ROOT, 'config', 'fleet');

/** Rows of the table whose first heading is this. */
function rows(heading: string): string[][] {
  const [, text = ''] = guide.split(`\n| ${heading} |`);
  const table = text.split('\n\n', 1)[0]!.split('\n').slice(2);
  return table.map((line) =>
    line
      .split('|')
      .map((cell) => cell.trim())
      .slice(1, -1),
  );
}

const assumptions = new Map(rows('assumption').map(([name = '', value = '']) => [name, Number(value)]));

/** Products and quotients of assumptions and numbers, from left to right. */
function reckon(text: string): number {
  const [first = '', ...rest] = text.split(/ ([×÷]) /);
  let value = valueOf(first);
  for (let i = 0; i < rest.length; i += 2) {
    const next = valueOf(rest[i + 1]!);
    value = rest[i] === '×' ? value * next : value / next;
  }
  return value;
}

function valueOf(word: string): number {
  const value = assumptions.get(word) ?? Number(word);
  if (Number.isNaN(value)) throw new Error(`there is no assumption '${word}'`);
  return value;
}

describe('sizing', () => {
  test('every assumption is a number', () => {
    expect(assumptions.size).toBeGreaterThan(15);
    for (const [name, value] of assumptions) expect({ name, isNumber: value > 0 }).toEqual({ name, isNumber: true });
  });

  test.each(rows('what follows'))('%s', (_, reckoning = '', value) => {
    // Three digits are told.
    expect(Number(reckon(reckoning).toPrecision(3))).toBe(Number(value));
  });

  test('every assumption is used', () => {
    const used = new Set(rows('what follows').flatMap(([, reckoning = '']) => reckoning.split(/ [×÷] /)));
    expect([...assumptions.keys()].filter((name) => !used.has(name))).toEqual([]);
  });
});

describe('files', () => {
  test('all of config/fleet are named, and shown as they are', () => {
    for (const name of readdirSync(FOLDER)) expect(guide).toContain(`config/fleet/${name}`);
    const shown = blocksOf(guide).filter(({ comment }) => comment?.startsWith('file: ') === true);
    expect(shown.length).toBeGreaterThan(3);
    for (const { comment, text } of shown)
      expect(readFileSync(join(ROOT, comment!.slice('file: '.length)), 'utf8')).toContain(text);
  });

  test('node.yaml is a sound configuration', () => {
    expect(parseConfig(readFileSync(join(FOLDER, 'node.yaml'), 'utf8'), 'node.yaml', {})).toMatchObject({ ok: true });
  });
});
