/** The short way of imports between our own sources, beside Node's own: they lead to the same files, and all else is Node's. */
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire, type ResolveHookContext } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from '@jest/globals';
import { resolveSource } from '../../../src/lib/modules-in-memory/source-imports.ts';

const SRC = join(import.meta.dirname, '..', '..', '..', 'src');
const OTHER = { url: 'node:of-node', format: 'builtin', shortCircuit: true };

/** Where it leads, and whether Node was asked. */
function resolved(specifier: string, parentURL?: string): { readonly url: string; readonly asked: boolean } {
  let asked = false;
  const context: ResolveHookContext = { conditions: [], importAttributes: {}, parentURL };
  const { url } = resolveSource(specifier, context, () => {
    asked = true;
    return OTHER;
  });
  return { url, asked };
}

test('each import between our sources leads where Node leads it, without Node being asked', () => {
  let count = 0;
  for (const file of readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))) {
    const url = pathToFileURL(join(SRC, file)).href;
    const { resolve } = createRequire(url);
    for (const [, specifier = ''] of readFileSync(join(SRC, file), 'utf8').matchAll(/ from '(\.[^']+\.ts)';$/gm)) {
      expect(resolved(specifier, url)).toEqual({ url: pathToFileURL(resolve(specifier)).href, asked: false });
      count += 1;
    }
  }
  expect(count).toBeGreaterThan(1000);
});

test.each([
  ['a package', 'yaml', pathToFileURL(join(SRC, 'cli.ts')).href],
  ['a module of Node', 'node:net', pathToFileURL(join(SRC, 'cli.ts')).href],
  ['an address', pathToFileURL(join(SRC, 'cli.ts')).href, pathToFileURL(join(SRC, 'cli.ts')).href],
  ['another kind of file', './setup.mjs', pathToFileURL(join(SRC, 'cli.ts')).href],
  ['a module of somebody else', './part.ts', pathToFileURL(join(SRC, '..', 'test', 'x.ts')).href],
  ['the first module', './cli.ts', undefined],
])('%s is for Node', (_, specifier, parent) => {
  expect(resolved(specifier, parent)).toEqual({ url: OTHER.url, asked: true });
});
