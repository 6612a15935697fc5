/** ARCHITECTURE.md is true: the modules are those of src, the arrows those that are checked, the files exist. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
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
const rows = tableRows(text, 'module').map(([room = '', , imports = '']) => ({
  room: codeIn(room)[0] ?? '',
  imports: codeIn(imports),
}));
const folders = readdirSync(join(ROOT, 'src'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

test('its modules are the folders of src', () => {
  expect(rows.map(({ room }) => room)).toEqual(folders.toSorted());
});

/** `^src/(itself|one|other)/` of the rule, rooms that are not there yet left out. */
function allowed(room: string): string[] {
  const rule = rules.forbidden.find(({ name }) => name === `arrows-of-${room}`);
  const [, names = ''] = /\((.+)\)/.exec(rule?.to.pathNot ?? '') ?? [];
  return names.split('|').filter((name) => name !== room && folders.includes(name));
}

test.each(rows)('$room may import what the import check allows', ({ room, imports }) => {
  expect(imports.toSorted()).toEqual(allowed(room).toSorted());
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

test('the index of decisions has them all', () => {
  const index = document('docs/adr/README.md');
  const records = readdirSync(join(ROOT, 'docs', 'adr')).filter((name) => /^\d{4}-/.test(name));
  for (const name of records) {
    const [, title = ''] = /^# \d{4} (.+)$/m.exec(document(`docs/adr/${name}`)) ?? [];
    expect(index).toContain(`| [${name.slice(0, 4)}](${name}) | ${title} |`);
  }
});
