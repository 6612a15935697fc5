/** Every requirement that is owned so far has a test that names it, and docs/threat-model.md tells which, and where the defence lives. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const TESTS = join(import.meta.dirname, '..');
const ROOT = join(TESTS, '..');
/** Explicit mode; 28-30, 33 and 34 come with interception. */
const OWNED = [...range(1, 27), 31, 32, ...range(35, 40)];
/** Requirement 41 is no test but a run of its own, `npm run soak`. */
const SOAK = join(TESTS, 'soak');

const MODEL = readFileSync(join(ROOT, 'docs', 'threat-model.md'), 'utf8');

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
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

/** Numbers in the names of the `describe` blocks of one test file. */
function describedIn(path: string): number[] {
  return [...readFileSync(path, 'utf8').matchAll(/^describe[^\n]*?\((['"`])(.*?)\1/gm)].flatMap(([, , name = '']) => named(name));
}

const files = readdirSync(TESTS, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.test.ts'));
const described = new Map(files.map((name) => [join('test', name), describedIn(join(TESTS, name))]));

interface Row {
  readonly number: number;
  readonly places: readonly string[];
  readonly tests: readonly string[];
}

const rows: Row[] = [...MODEL.matchAll(/^\| (\d+) \| [^|]+ \| ([^|]+) \| ([^|]+) \|$/gm)].filter(([, number]) => number !== '41').map(([, number = '', places = '', tests = '']) => ({ number: Number(number), places: linked(places), tests: linked(tests) }));

/** Paths from the root of what a cell links to. */
function linked(cell: string): string[] {
  return [...cell.matchAll(/\]\(([^)]+)\)/g)].map(([, target = '']) => normalize(join('docs', target)));
}

describe('the tests by number', () => {
  test.each(OWNED)('requirement %d is named by a describe', (number) => {
    expect([...described.values()].some((numbers) => numbers.includes(number))).toBe(true);
  });

  test('requirement 41 has its run', () => {
    expect(readdirSync(SOAK, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))).not.toEqual([]);
    expect(MODEL).toMatch(/^\| 41 \|.*`npm run soak`/m);
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

  test.each(rows)('$number: what is named is there, and its tests name it', ({ number, places, tests }) => {
    expect(places.length).toBeGreaterThan(0);
    expect([...places, ...tests].filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    // A test of another room may stand beside; one at least is named for the number.
    expect(tests.some((path) => described.get(path)?.includes(number))).toBe(true);
    expect(places.every((path) => path.startsWith('src/'))).toBe(true);
  });
});
