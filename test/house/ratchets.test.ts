/** The counts of `src` against their numbers in ratchets.json, and what is counted, by small sources. */
import { describe, expect, test } from '@jest/globals';
import { MEASURES } from './measures.ts';
import type { MeasureName } from './measures.ts';
import { countAll, faultOf, lowered, readRatchets, riseFaults } from './ratchets.ts';
import { sourceFile, sourceFiles } from './source-text.ts';

const NAMES = Object.keys(MEASURES) as MeasureName[];
const ratchets = readRatchets();
const files = sourceFiles();
const counts = countAll(files);

test('every measure has its row, and there are no others', () => {
  expect(files.length).toBeGreaterThan(400);
  expect(Object.keys(ratchets)).toEqual(NAMES);
});

test.each(NAMES)('%s', (name) => {
  expect(faultOf(name, counts[name], ratchets[name])).toBeNull();
});

describe('what is counted', () => {
  const small = sourceFile('src/url/small.ts', '/** Of one thing. */\nexport const one = 1;\nexport type Two = 2;\n');
  const beside = sourceFile('src/url/large.ts', "import {\n  one,\n  type Two as Other,\n} from './small.ts';\n");
  const above = sourceFile('src/wire/far.ts', "import type { Two } from '../url/small.ts';\n");
  const count = (name: MeasureName, ...sources: Parameters<(typeof MEASURES)[MeasureName]['places']>[0]) =>
    MEASURES[name].places(sources);

  test('lines of code and of comment, without blank ones', () => {
    const text = '#!/usr/bin/env node\n/**\n * a\n\n */\n\n// b\nconst c = 1; // d\n/* e */\n/** f */ const g = 2;\n';
    const file = sourceFile('src/x.ts', text);
    expect([count('codeLines', file).length, count('commentLines', file).length]).toEqual([2, 6]);
  });

  test('a small file with one importer in its folder', () => {
    const large = sourceFile('src/url/small.ts', 'f();\n'.repeat(31));
    expect(count('smallFilesBesideTheirImporter', small, beside)).toEqual(['src/url/small.ts: src/url/large.ts']);
    expect(count('smallFilesBesideTheirImporter', small, beside, above)).toEqual([]);
    expect(count('smallFilesBesideTheirImporter', small, above)).toEqual([]);
    expect(count('smallFilesBesideTheirImporter', large, beside)).toEqual([]);
  });

  test('an export that one other file names', () => {
    expect(count('exportsForOneFile', small, beside)).toHaveLength(2);
    expect(count('exportsForOneFile', small, beside, above)).toEqual(['src/url/small.ts: one, by src/url/large.ts']);
  });

  test.each([
    ["if (listener.mode === 'dns') f();", 1],
    ["if (at(listener, 'mode') !== 'steered') f();", 1],
    ["f(listenerMode === 'explicit' || mode === 'dns');", 2],
    ["switch (mode) { case 'dns': f(); }", 0],
    ["// mode === 'dns'", 0],
  ])('%s: %i comparisons of a mode', (text, want) => {
    expect(count('modeComparisons', sourceFile('src/x.ts', text))).toHaveLength(want);
  });

  test.each([
    ['/** Of a list that has none. */', 1],
    ['/**\n * What is left.\n */', 1],
    ['/** The rest of it. */', 0],
    ['/** Tells what is left. */', 0],
    ['/** @param a of it */', 0],
    ['/** `of` as a word. */', 0],
    ['/** In-flight questions. */', 0],
    ['// Of no doc comment', 0],
  ])('%s: %i that open with a preposition', (text, want) => {
    expect(count('docsThatOpenWithAPreposition', sourceFile('src/x.ts', text))).toHaveLength(want);
  });

  test('a comment of 121 columns is too long', () => {
    const [fits, long] = [`// ${'a'.repeat(117)}\n`, `  // ${'a'.repeat(116)}\n`];
    expect(count('longCommentLines', sourceFile('src/x.ts', fits + long))).toEqual([`src/x.ts:2: ${long.trim()}`]);
  });
});

describe('a number', () => {
  test.each([
    ['modeComparisons', 11, /^modeComparisons is 11, and may be 10 .*To do: ask a table/s],
    ['modeComparisons', 9, /has fallen from 10 to 9: write that down/],
    ['exportsForOneFile', 11, /--raise exportsForOneFile 'REASON'/],
  ] as const)('%s of 10 is at fault at %i', (name, found, want) => {
    expect(faultOf(name, found, { most: 10 })).toMatch(want);
  });

  test('is right where it is met, and lines may lie a little below theirs', () => {
    expect(faultOf('modeComparisons', 10, { most: 10 })).toBeNull();
    expect(faultOf('codeLines', 750, { most: 1000 })).toBeNull();
    expect(faultOf('codeLines', 749, { most: 1000 })).toMatch(/has fallen/);
    expect(faultOf('codeLines', 1, undefined)).toMatch(/has no row codeLines/);
  });

  test('is lowered, and never raised, by what is counted; its reason stays', () => {
    const rows = { codeLines: { most: 10, reason: 'a' }, longCommentLines: { most: 10 } };
    expect(lowered(rows, { codeLines: 9, longCommentLines: 11 })).toEqual({
      ...rows,
      codeLines: { most: 9, reason: 'a' },
    });
  });

  test.each([
    ['falls', { codeLines: { most: 9, reason: 'a' } }, []],
    ['rises with a reason of its own', { codeLines: { most: 11, reason: 'b' } }, []],
    [
      'rises with the former reason',
      { codeLines: { most: 11, reason: 'a' } },
      [expect.stringMatching(/without a new reason/)],
    ],
    ['rises without one', { codeLines: { most: 11 } }, [expect.stringMatching(/from 10 to 11 without/)]],
    ['may only fall', { modeComparisons: { most: 11, reason: 'b' } }, [expect.stringMatching(/it may only fall/)]],
    ['is new', { other: { most: 1 } }, []],
  ])('that %s', (_, after, want) => {
    expect(riseFaults({ codeLines: { most: 10, reason: 'a' }, modeComparisons: { most: 10 } }, after)).toEqual(want);
  });
});
