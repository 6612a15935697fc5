/**
 * The table of test/README.md: each mode, source and command of the code has its row, and each test that a row names is
 * there, starts a process and knows what it is named for.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parseConfig } from '../../src/config/load.ts';
import { commandNames } from './command-help.ts';
import { codeIn, document, ROOT, tableRows } from './markdown.ts';

/** How a test starts the program as a process of its own, or another program beside one. */
const STARTS =
  /support\/proxy-process\.ts|\/cli-process\.ts|support\/inherited-sockets\.ts|\bspawn(?:Sync)?\(|\bexecFile(?:Sync)?\(|support\/(?:haproxy|nginx|prometheus|booted-machine)\.ts|playwright-core|page-in-browser\.ts/;
const PROGRAM = 'program ';

const rows = tableRows(document('test/README.md'), 'what').map(([what = '', , tests = '']) => ({
  what: codeIn(what),
  tests: codeIn(tests),
}));
const named = new Set(rows.flatMap(({ what }) => what));

/** What the configuration says that a listener may be. */
function modes(): string[] {
  const loaded = parseConfig('listeners: [{ name: a, mode: none-of-them, port: 0 }]\n', 'f.yaml', {});
  const [fault] = loaded.ok ? [] : loaded.faults;
  const [, told = ''] = /must be (?:one of )?(.*), not 'none-of-them'/.exec(JSON.stringify(fault)) ?? [];
  return told.split(/, | or /);
}

/** The kinds of `ListSourceConfig`, from its declaration. */
function sources(): string[] {
  const types = readFileSync(join(ROOT, 'src', 'config', 'list-types.ts'), 'utf8');
  const [, declaration = ''] = /type ListSourceConfig =([^]*?)\n\n/.exec(types) ?? [];
  return [...declaration.matchAll(/kind: '(\w+)'/g)].map(([, kind = '']) => kind);
}

describe('test/README.md, tests as whole processes', () => {
  test('every listener mode has a row', () => {
    expect(modes()).toContain('explicit');
    expect(modes().filter((mode) => !named.has(`mode ${mode}`))).toEqual([]);
  });

  test('every source of lists, and every form of them', () => {
    expect(sources()).toEqual(expect.arrayContaining(['file', 'https']));
    expect(
      [...sources().map((kind) => `source ${kind}`), 'list text', 'list compiled', 'list protected'].filter(
        (name) => !named.has(name),
      ),
    ).toEqual([]);
  });

  test('every command, and no other', async () => {
    const commands = await commandNames();
    expect(commands.filter((name) => !named.has(name))).toEqual([]);
    const others = [...named].filter(
      (name) => !/^(?:mode|source|program) |^list (?:text|compiled|protected)$/.test(name),
    );
    expect(others.filter((name) => !commands.includes(name))).toEqual([]);
  });

  test.each(rows.flatMap(({ what, tests }) => tests.map((file) => [file, what] as const)))(
    '%s starts it: %j',
    (file, what) => {
      expect(existsSync(join(ROOT, file))).toBe(true);
      const source = readFileSync(join(ROOT, file), 'utf8');
      expect(source).toMatch(STARTS);
      // The last word of a command, of a mode or the program's name: where it is not said, it is not tested.
      const words = what.filter((name) => name.startsWith(PROGRAM)).map((name) => name.slice(PROGRAM.length));
      expect(words.filter((word) => !source.toLowerCase().includes(word))).toEqual([]);
    },
  );

  test('no row without a test', () => {
    expect(rows.filter(({ what, tests }) => what.length === 0 || tests.length === 0)).toEqual([]);
    expect(rows.length).toBeGreaterThan(20);
  });
});
