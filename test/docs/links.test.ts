/** Links of the documents lead somewhere, no document tells where it was written, and operators are told of one way to start the program. */
import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from '@jest/globals';
import { anchorsOf } from '../support/markdown.ts';
import { document, documentNames, linksOf, ROOT } from './markdown.ts';

const names = documentNames();

test.each(names)('links of %s', (name) => {
  const broken = linksOf(document(name)).filter(
    ({ target }) => !/^(?:https?|mailto):/.test(target) && !leads(name, target),
  );
  expect(broken).toEqual([]);
});

function leads(from: string, target: string): boolean {
  const [path = '', anchor] = target.split('#', 2);
  const file = path === '' ? from : normalize(join(dirname(from), path));
  if (file.startsWith('..') || !existsSync(join(ROOT, file))) return false;
  return anchor === undefined || anchorsOf(document(file)).includes(anchor);
}

test('every document can be reached from README.md', () => {
  const reached = new Set(['README.md']);
  for (const name of reached) {
    const targets = linksOf(document(name)).map(({ target }) =>
      normalize(join(dirname(name), target.split('#', 1)[0]!)),
    );
    for (const target of targets) if (names.includes(target)) reached.add(target);
  }
  expect(names.filter((name) => !reached.has(name))).toEqual([]);
});

test('the index of documents has each of them', () => {
  const listed = new Set(linksOf(document('docs/README.md')).map(({ target }) => `docs/${target}`));
  const documents = names.filter((name) => /^docs\/[^/]+\.md$/.test(name) && name !== 'docs/README.md');
  expect(documents.length).toBeGreaterThan(20);
  expect(documents.filter((name) => !listed.has(name))).toEqual([]);
});

// Was a fault: two commands of the operations guide started the program by its file, which an older Node cannot load.
test('what operators read starts the program by its command alone', () => {
  const read = names.filter((name) => /^(?:README|docs\/[^/]+)\.md$/.test(name));
  expect(read.length).toBeGreaterThan(20);
  expect(read.filter((name) => document(name).includes('src/cli.ts'))).toEqual([]);
});

test.each(names)('%s names no place of the machine it was written on', (name) => {
  const text = document(name);
  // A folder of another place may be called like the last part of one of ours: `state/root/` is not below `/root`.
  const places = [ROOT, process.env['HOME'] ?? ROOT].filter((place) =>
    text
      .split(`${place}/`)
      .slice(0, -1)
      .some((before) => !/[\w.-]$/.test(before)),
  );
  const installed = [...text.matchAll(/(?<![\w.])\/[\w./-]+\/node_modules\//g)]
    .map(([path]) => path)
    .filter((path) => !path.startsWith('/opt/cleanfeed/'));
  expect([...places, ...installed]).toEqual([]);
});
