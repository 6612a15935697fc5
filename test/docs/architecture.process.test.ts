/** ARCHITECTURE.md is true: the modules are those of src, the arrows those that are checked, each is used, the files exist. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { codeIn, document, ROOT, tableRows } from './markdown.ts';

interface Rule {
  readonly name: string;
  readonly to: { readonly pathNot?: string };
}

// By a computed name: it is plain JavaScript, and has no types.
const { default: rules } = (await import(join(ROOT, '.dependency-cruiser.mjs'))) as {
  readonly default: { readonly forbidden: readonly Rule[] };
};
const text = document('ARCHITECTURE.md');
const rows = tableRows(text, 'module').map(([module = '', , imports = '']) => ({
  module: codeIn(module)[0] ?? '',
  imports: codeIn(imports),
}));
const folders = readdirSync(join(ROOT, 'src'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

test('its modules are the folders of src', () => {
  expect(rows.map(({ module }) => module)).toEqual(folders.toSorted());
});

/** `^src/(itself|one|other)/` of the rule. */
function allowed(module: string): string[] {
  const rule = rules.forbidden.find(({ name }) => name === `arrows-of-${module}`);
  const [, names = ''] = /\((.+)\)/.exec(rule?.to.pathNot ?? '') ?? [];
  return names.split('|').filter((name) => name !== module);
}

test.each(rows)('$module may import what the import check allows', ({ module, imports }) => {
  expect(imports.toSorted()).toEqual(allowed(module).toSorted());
});

describe('what the import check sees', () => {
  interface Seen {
    readonly source: string;
    readonly dependencies: readonly { readonly resolved: string }[];
  }
  const cruise = ['--config', '.dependency-cruiser.mjs', '--output-type', 'json', 'src'];
  const output = execFileSync(join(ROOT, 'node_modules', '.bin', 'depcruise'), cruise, {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const { modules: seen } = JSON.parse(output) as { readonly modules: readonly Seen[] };
  const moduleOf = (path: string): string => /^src\/([^/]+)\//.exec(path)?.[1] ?? '';

  test('every file of src, so that it is not blind', () => {
    const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => `src/${name}`);
    const sources = seen.map(({ source }) => source).filter((source) => /^src\/.*\.ts$/.test(source));
    expect(sources.toSorted()).toEqual(files.toSorted());
  });

  test('imports of types too', () => {
    const judge = seen.find(({ source }) => source === 'src/policy/judge.ts');
    expect(judge?.dependencies.map(({ resolved }) => resolved)).toContain('src/match/found-entry.ts');
  });

  test.each(rows)('$module uses each arrow that it has', ({ module }) => {
    const used = seen
      .filter(({ source }) => moduleOf(source) === module)
      .flatMap(({ dependencies }) => dependencies.map(({ resolved }) => moduleOf(resolved)))
      .filter((name) => name !== module && name !== '');
    expect([...new Set(used)].toSorted()).toEqual(allowed(module).toSorted());
  });

  test('lib has only what two modules need, be it through other files of lib: what one needs lies in it', () => {
    const usersOf = (file: string): readonly string[] =>
      seen
        .filter(({ dependencies }) => dependencies.some(({ resolved }) => resolved === file))
        .flatMap(({ source }) => (moduleOf(source) === 'lib' ? usersOf(source) : [moduleOf(source) || source]));
    const files = seen.map(({ source }) => source).filter((source) => source.startsWith('src/lib/'));
    // A thread of its own: its first module is named by URL.
    const imported = files.filter((file) => usersOf(file).length > 0);
    expect(imported.length).toBeGreaterThan(20);
    expect(imported.filter((file) => new Set(usersOf(file)).size < 2)).toEqual([]);
  });
});

test('files and folders it names exist', () => {
  const named = [
    ...new Set(
      codeIn(text.replaceAll(/^```[^]*?^```$/gm, '')).filter((code) =>
        /^[\w.-]+\/[\w./-]*$|^[\w-]+\.(?:ts|mjs|yaml)$/.test(code),
      ),
    ),
  ];
  const places = ['', 'src', 'src/accept', 'src/forward', 'src/observe'];
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((name) => !places.some((place) => existsSync(join(ROOT, place, name))))).toEqual([]);
});

test('it has at most two pages', () => {
  expect(text.split('\n').length).toBeLessThanOrEqual(120);
});

test('a decision is a page', () => {
  const words = readdirSync(join(ROOT, 'docs', 'adr'))
    .filter((name) => /^\d{4}-/.test(name))
    .map((name) => ({ name, words: document(`docs/adr/${name}`).split(/\s+/).length }));
  expect(words.length).toBeGreaterThan(20);
  expect(words.filter((record) => record.words > 1000)).toEqual([]);
});

test('the index of decisions has them all', () => {
  const index = document('docs/adr/README.md');
  const records = readdirSync(join(ROOT, 'docs', 'adr')).filter((name) => /^\d{4}-/.test(name));
  for (const name of records) {
    const [, title = ''] = /^# \d{4} (.+)$/m.exec(document(`docs/adr/${name}`)) ?? [];
    expect(index).toContain(`| [${name.slice(0, 4)}](${name}) | ${title} |`);
  }
});
