/**
 * Every requirement that is owned so far has one test file, named after its number and saying it in each of its tests;
 * docs/threat-model.md tells which, and where the defence lives.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, normalize } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { END_TO_END, HOSTILE } from './intercepted/shared-cases.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** 33 is about intercepted traffic alone, whose tests have their own table. */
const OWNED = [...range(1, 32), ...range(34, 41), 52, ...range(59, 64)];
/** Files that belong to no requirement alone. */
const UNNUMBERED = ['differential.real.test.ts', 'meta.test.ts'];

const MODEL = readFileSync(join(ROOT, 'docs', 'threat-model.md'), 'utf8');
const NAMES = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.test.ts'));
/** Without the long tests that go through all of another file's table (test/support/share.ts). */
const FILES = NAMES.filter((name) => !name.endsWith('.long.test.ts') || !NAMES.includes(name.replace('.long', '')));

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

/** The files of `names` that are named after the number. */
function filesOf(number: number, names: readonly string[] = FILES): string[] {
  return names.filter((name) => numberOf(name) === number);
}

/** `07-path-bytes.test.ts` is 7, whatever ring it is in; null: named after none. */
function numberOf(name: string): number | null {
  const [, number] = /^(\d{2})-[a-z0-9-]+(?:\.(?:process|real))?\.test\.ts$/.exec(basename(name)) ?? [];
  return number === undefined ? null : Number(number);
}

/** Numbers in `requirement 5`, `requirements 2 and 3`, `requirements 4, 5 and 7`, `requirements 10-13`. */
function named(text: string): number[] {
  return [...text.matchAll(/\brequirements? (\d+(?:(?:, | and |-)\d+)*)/gi)].flatMap(([, list = '']) =>
    list.split(/, | and /).flatMap((part) => {
      const [from = 0, to = from] = part.split('-').map(Number);
      return range(from, to);
    }),
  );
}

/** What stands at the left edge: each outermost `describe` with its name, and each `test` outside of one. */
function outermost(name: string): { readonly describes: readonly string[]; readonly tests: number } {
  const text = readFileSync(join(import.meta.dirname, name), 'utf8');
  // Named behind the table of `each` where there is one, in the same line or in the next.
  const describes = [...text.matchAll(/^describe.*?(?:\(\n.*)?$/gm)].map(
    ([line]) => /\(\s*(['"`])(requirement.*?)\1/.exec(line)?.[2] ?? line,
  );
  return { describes, tests: [...text.matchAll(/^test\b/gm)].length };
}

interface Row {
  readonly number: number;
  readonly places: readonly string[];
  readonly tests: readonly string[];
}

const [EXPLICIT = '', INTERCEPTED = ''] = MODEL.split('### Where clients speak to origins');

const rows: Row[] = [...EXPLICIT.matchAll(/^\| (\d+) \| [^|]+ \| ([^|]+) \| ([^|]+) \|$/gm)].map(
  ([, number = '', places = '', tests = '']) => ({
    number: Number(number),
    places: linked(places),
    tests: linked(tests),
  }),
);

/** Of the table of intercepted traffic: each number that a row begins with, and the files that attack. */
const interceptedRows = [
  ...INTERCEPTED.matchAll(/^\| (\d+(?:, \d+)*)(?: \(I\))? \| [^|]+ \| [^|]+ \| ([^|]+) \|$/gm),
].flatMap(([, numbers = '', tests = '']) =>
  numbers.split(', ').map((number) => ({ number: Number(number), tests: linked(tests) })),
);

/** Numbers that the groups of tests in a file are named after. */
function groupsOf(path: string): number[] {
  const text = readFileSync(join(ROOT, path), 'utf8');
  return [...text.matchAll(/\bdescribe\(\s*'(requirements? [^']*)'/g)].flatMap(([, name = '']) => named(name));
}

/** Paths from the root of what a cell links to. */
function linked(cell: string): string[] {
  return [...cell.matchAll(/\]\(([^)]+)\)/g)].map(([, target = '']) => normalize(join('docs', target)));
}

describe('the tests by number', () => {
  test.each(OWNED)('requirement %d has one file', (number) => {
    expect(filesOf(number)).toHaveLength(1);
  });

  test('there are no others', () => {
    expect(FILES.filter((name) => !OWNED.includes(numberOf(name) ?? 0)).toSorted()).toEqual(UNNUMBERED);
  });

  test.each(FILES.filter((name) => numberOf(name) !== null))('%s says its number in each test', (name) => {
    const { describes, tests } = outermost(name);
    expect(describes).not.toEqual([]);
    expect(describes.filter((text) => !named(text).includes(numberOf(name)!))).toEqual([]);
    expect(tests).toBe(0);
  });

  test('a number without a file, or with two, is seen', () => {
    expect(filesOf(7, ['06-host.test.ts', '70-x.test.ts', '07-x.ts', '7-x.test.ts'])).toEqual([]);
    expect(filesOf(7, ['07-a.test.ts', '07-b.test.ts'])).toHaveLength(2);
  });

  test('names are read as they are written', () => {
    expect(named('requirements 2 and 3: x')).toEqual([2, 3]);
    expect(named('requirements 10-13: x')).toEqual([10, 11, 12, 13]);
    expect(named('requirements 4, 5 and 7: x')).toEqual([4, 5, 7]);
    expect(named('requirement 31: 8 cases')).toEqual([31]);
  });
});

describe('docs/threat-model.md', () => {
  test('has one row for each requirement', () => {
    expect(rows.map(({ number }) => number)).toEqual(OWNED);
  });

  test.each(rows)('$number: what is named is there, its own test file among it', ({ number, places, tests }) => {
    expect([...places, ...tests].filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    expect(tests.filter((path) => numberOf(path) !== null)).toEqual([join('test', 'hostile', filesOf(number)[0]!)]);
    // What all of the code has to do with has no place of its own.
    if (number !== 41) expect(places.length).toBeGreaterThan(0);
    expect(places.every((path) => path.startsWith('src/'))).toBe(true);
  });

  test('requirement 41 has its run', () => {
    expect(MODEL).toMatch(/^\| 41 \|.*`npm run soak`/m);
  });
});

describe('docs/threat-model.md, where clients speak to origins', () => {
  test('has rows, 33 among them', () => {
    expect(interceptedRows.length).toBeGreaterThan(15);
    expect(interceptedRows.map(({ number }) => number)).toContain(33);
  });

  test.each(interceptedRows)(
    '$number is in the name of a group of tests in a file that is linked',
    ({ number, tests }) => {
      expect(tests.flatMap(groupsOf)).toContain(number);
    },
  );
});

describe('what the modes share', () => {
  const END_TO_END_FILES = readdirSync(join(ROOT, 'test', 'e2e')).filter((name) => name.endsWith('.test.ts'));
  const shared = [...Object.entries(HOSTILE), ...Object.entries(END_TO_END)].flatMap(([name, where]) =>
    typeof where === 'string' ? [] : where.map((path) => ({ name, path })),
  );

  test('each requirement, and each file of test/e2e that does not take minutes, has a row', () => {
    expect(Object.keys(HOSTILE).map(Number)).toEqual(OWNED);
    expect(Object.keys(END_TO_END).toSorted()).toEqual(
      END_TO_END_FILES.filter((name) => !name.includes('.long.'))
        .map((name) => name.replace(/(?:\.(?:process|real))?\.test\.ts$/, ''))
        .toSorted(),
    );
  });

  test.each(shared)('$name: $path is there', ({ path }) => {
    expect(existsSync(join(ROOT, path))).toBe(true);
  });

  test.each(shared.filter(({ name, path }) => Number(name) > 0 && path.startsWith('test/hostile/intercepted/')))(
    'requirement $name is in the name of a group of tests in $path',
    ({ name, path }) => {
      expect(groupsOf(path)).toContain(Number(name));
    },
  );
});
