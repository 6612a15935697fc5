/** The table of the long tests holds all of them and every folder of src, test/README.md says the same, and a change picks from it. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { codeIn, document, ROOT, tableRows } from '../docs/markdown.ts';
import { longTestsOf } from './long-selection.ts';
import { LONG_TESTS, WITHOUT_LONG_TESTS } from './long-tests.ts';

describe('the table', () => {
  const folders = readdirSync(join(ROOT, 'src'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);

  test('has each long test, and no other', () => {
    const files = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.long.test.ts'))
      .map((name) => `test/${name}`);
    expect(Object.keys(LONG_TESTS)).toEqual(files.toSorted());
  });

  test('names each folder of src: with a long test, or with the reason why it has none', () => {
    const having = new Set(Object.values(LONG_TESTS).flatMap((row) => row.folders));
    expect([...having, ...Object.keys(WITHOUT_LONG_TESTS)].toSorted()).toEqual(folders.toSorted());
  });

  test('names other places that exist, and for each test some place', () => {
    const places = Object.values(LONG_TESTS).flatMap(({ also = [] }) => also);
    expect(places.filter((place) => !existsSync(join(ROOT, place)))).toEqual([]);
    const without = Object.entries(LONG_TESTS).filter(
      ([, { folders: own, also = [] }]) => own.length + also.length === 0,
    );
    expect(without).toEqual([]);
  });

  test('stands in test/README.md, by folder', () => {
    const rows = tableRows(document('test/README.md'), 'folder of src').map(([folder = '', tests = '']) => [
      codeIn(folder)[0],
      tests,
    ]);
    const wanted = folders.toSorted().map((folder) => [folder, WITHOUT_LONG_TESTS[folder] ?? namesOf(folder)]);
    expect(rows).toEqual(wanted.map(([folder, tests]) => [folder, tests]));
  });
});

/** As the table of the document has them: without their ending. */
function namesOf(folder: string): string {
  return Object.entries(LONG_TESTS)
    .filter(([, { folders }]) => folders.includes(folder))
    .map(([file]) => `\`${file.replace(/^test\//, '').replace(/\.long\.test\.ts$/, '')}\``)
    .join(', ');
}

describe('a change picks', () => {
  const tests = {
    'test/a.long.test.ts': { folders: ['list'], seconds: 100 },
    'test/b.long.test.ts': { folders: ['list', 'wire'], seconds: 60 },
    'test/c.long.test.ts': { folders: ['list'], seconds: 30 },
    'test/d.long.test.ts': { folders: [], also: ['packaging', 'docs/page.md'], seconds: 700 },
  };
  const untouched = 'the change touches none of their folders';

  test.each([
    { changed: 'src/wire/head.ts', files: ['test/b.long.test.ts'] },
    { changed: 'test/wire/head.test.ts', files: ['test/b.long.test.ts'] },
    { changed: 'test/c.long.test.ts', files: ['test/c.long.test.ts'] },
    { changed: 'packaging/rules', files: ['test/d.long.test.ts'] },
    { changed: 'docs/page.md', files: ['test/d.long.test.ts'] },
    { changed: 'src/wired/head.ts', files: [] },
    { changed: 'src/list/x.ts', files: ['test/c.long.test.ts', 'test/a.long.test.ts', 'test/b.long.test.ts'] },
  ])('$files for $changed', ({ changed, files }) => {
    const selection = longTestsOf(tests, [changed], 15);
    expect(selection.files).toEqual(files);
    expect(selection.notRun[untouched]).toEqual(Object.keys(tests).filter((file) => !files.includes(file)));
  });

  test('the most specific first, within the bound: the longest of them, and a fifth of their sum', () => {
    const { files, notRun } = longTestsOf(tests, ['src/list/x.ts'], 1);
    expect(files).toEqual(['test/c.long.test.ts', 'test/b.long.test.ts']);
    expect(notRun['they do not fit into 1 min with the others']).toEqual(['test/a.long.test.ts']);
    const many = Object.fromEntries([1, 2, 3, 4, 5, 6].map((n) => [`test/${n}`, { folders: ['list'], seconds: 60 }]));
    expect(longTestsOf(many, ['src/list/x.ts'], 1).files).toHaveLength(5);
  });
});
