/**
 * What a type claims and the compiler cannot check: casts, `!`, rules of the linter that are switched off. The linter forbids them in src; each
 * exception stands where it is needed and says why. And what no rule of the linter sees: faults that are passed over in silence.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ROOT } from './markdown.ts';

/** Loops over bytes, offsets and rows of typed arrays. */
const HOT = /^src\/(?:wire|url|match|list\/protected)\//;
const ASSERTIONS = 'typescript/consistent-type-assertions';
const NON_NULL = 'typescript/no-non-null-assertion';
/** For a whole file, or for the line below. Its reason has some words. */
const DIRECTIVE = /oxlint-disable(-next-line)? ([\w/-]+) -- (?:\S+ ){3,}\S+/;

const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({ name: `src/${name}`, text: readFileSync(join(ROOT, 'src', name), 'utf8') }));

const directives = sources.flatMap(({ name, text }) =>
  text
    .split('\n')
    .filter((line) => /(?:ox|es)lint-(?:dis|en)able/.test(line))
    .map((line) => {
      const [, next, rule] = DIRECTIVE.exec(line) ?? [];
      return { name, line: line.trim(), rule: rule ?? null, isWhole: next === undefined };
    }),
);

interface LintConfig {
  readonly rules: Readonly<Record<string, unknown>>;
  readonly overrides: readonly {
    readonly files: readonly string[];
    readonly rules: Readonly<Record<string, unknown>>;
  }[];
}

describe('what the compiler cannot check', () => {
  test('is forbidden by the linter in all of src', () => {
    const { rules, overrides }: LintConfig = JSON.parse(readFileSync(join(ROOT, '.oxlintrc.json'), 'utf8'));
    expect(rules).toMatchObject({
      [ASSERTIONS]: ['error', { assertionStyle: 'never' }],
      [NON_NULL]: 'error',
      'typescript/no-explicit-any': 'error',
    });
    expect(overrides.filter(({ files }) => files.some((file) => file.startsWith('src')))).toEqual([]);
  });

  test('each exception names one rule and says why', () => {
    expect(directives.length).toBeGreaterThan(30);
    expect(directives.filter(({ rule }) => rule === null)).toEqual([]);
  });

  test('`!` is for files with hot loops, and a cast for a line', () => {
    const whole = directives.filter(({ isWhole }) => isWhole);
    expect(whole.filter(({ rule, name }) => rule !== NON_NULL || !HOT.test(name))).toEqual([]);
    expect(whole.length).toBeLessThanOrEqual(37);
    expect(directives.filter(({ rule, isWhole }) => rule === NON_NULL && !isWhole)).toEqual([]);
    // What was read into is what was given to read into; a shape makes what it says.
    const casts = directives.filter(({ rule }) => rule === ASSERTIONS).map(({ name }) => name);
    expect(casts.toSorted((a, b) => a.localeCompare(b))).toEqual([
      'src/forward/upstream-connection.ts',
      'src/lib/shape.ts',
    ]);
  });

  test('nobody silences the compiler', () => {
    expect(
      sources.filter(({ text }) => /@ts-(?:ignore|expect-error|nocheck)/.test(text)).map(({ name }) => name),
    ).toEqual([]);
  });
});

describe('faults', () => {
  const found = (pattern: RegExp): readonly string[] =>
    sources.flatMap(({ name, text }) => [...text.matchAll(pattern)].map(([match]) => `${name}: ${match.trim()}`));

  test('none is passed over in silence: what is expected stands in code (`unless`), and who tells it otherwise (`toldElsewhere`)', () => {
    expect(found(/catch(?: \(\w+\))? \{\s*(?:\/\/[^\n]*\s*)*\}/g)).toEqual([]);
    expect(found(/\.catch\(\((?:_?\w+)?\) => (?:\{\s*\}|undefined|void 0)\)/g)).toEqual([]);
  });

  test('none is told by its words', () => {
    expect(
      found(
        /(?<!typeof )\bmessage *[!=]== *['"`]|\bmessage\.(?:includes|startsWith|endsWith|match|search)\(|\.(?:test|exec|get|has)\(\w+\.message\)/g,
      ),
    ).toEqual([]);
  });
});

describe('a switch', () => {
  test('over a union names each of its members, and only one over an open set has a default', () => {
    const { rules }: LintConfig = JSON.parse(readFileSync(join(ROOT, '.oxlintrc.json'), 'utf8'));
    expect(rules['typescript/switch-exhaustiveness-check']).toEqual([
      'error',
      {
        allowDefaultCaseForExhaustiveSwitch: false,
        considerDefaultExhaustiveForUnions: false,
        requireDefaultForNonUnion: true,
      },
    ]);
  });
});
