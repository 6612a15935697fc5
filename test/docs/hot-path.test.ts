/**
 * The way of a request through `url` and `match` has no regular expression, no `new URL`, no waiting and no log
 * (src/url/characters.ts says why). Who has one all the same stands here, with the reason, and is imported by nobody on that way.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from '@swc/core';
import { describe, expect, test } from '@jest/globals';
import { ROOT } from './markdown.ts';

const EXCEPTIONS: Readonly<Record<string, string>> = {
  'src/url/split.ts': 'whole addresses as people write them: for explain, lists and display, never for a request',
};
/** Folders whose modules a request passes. */
const WAY = ['accept', 'dns-front', 'forward', 'match', 'policy', 'wire'];

interface Found {
  readonly file: string;
  readonly what: string;
}

const files = ['url', 'match'].flatMap((folder) => modulesOf(folder));
const found = files.flatMap((file) => foundIn(file, readFileSync(join(ROOT, file), 'utf8')));

describe('url and match', () => {
  test('have nothing of it but in modules that no request passes', () => {
    expect(files.length).toBeGreaterThan(30);
    expect(found.filter(({ file }) => EXCEPTIONS[file] === undefined)).toEqual([]);
    expect(Object.keys(EXCEPTIONS).filter((file) => !found.some((one) => one.file === file))).toEqual([]);
  });

  test('no module of the way of a request imports such a module', () => {
    const importers = WAY.flatMap((folder) => modulesOf(folder)).filter((file) =>
      Object.keys(EXCEPTIONS).some((exception) =>
        readFileSync(join(ROOT, file), 'utf8').includes(exception.replace('src', '')),
      ),
    );
    expect(importers).toEqual([]);
  });

  test.each([
    ['/a/.test(text);', 'RegExpLiteral'],
    ['new RegExp(text);', 'RegExp'],
    ['new URL(text);', 'URL'],
    ['await text;', 'AwaitExpression'],
    ['console.log(text);', 'console'],
  ])('it would be found: %s', (code, what) => {
    expect(foundIn('', `export async function f(text) { ${code} }`)).toEqual([{ file: '', what }]);
  });
});

function modulesOf(folder: string): readonly string[] {
  return readdirSync(join(ROOT, 'src', folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join('src', folder, name));
}

function foundIn(file: string, text: string): readonly Found[] {
  const all: Found[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    if ('type' in node) {
      const { type } = node;
      if (type === 'RegExpLiteral' || type === 'AwaitExpression') all.push({ file, what: type });
      if (type === 'Identifier' && 'value' in node && /^(?:RegExp|URL|console)$/.test(String(node.value)))
        all.push({ file, what: String(node.value) });
    }
    for (const inner of Object.values(node)) visit(inner);
  };
  visit(parseSync(text, { syntax: 'typescript', target: 'es2024' }).body);
  return all;
}
