/**
 * yaml-language-server, which most editors run, over the shipped files and a broken one: it finds the schema of the build by their first line, marks nothing
 * in what is shipped, and tells of the broken one what is wrong, what a key means and which values there are.
 */
import { spawn } from 'node:child_process';
import { cpSync, readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ROOT } from '../docs/markdown.ts';
import { program } from '../support/program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { Editor } from './editor.ts';

const release = temporaryDirectory();
const editor = new Editor(
  spawn(process.execPath, [
    join(
      dirname(createRequire(import.meta.url).resolve('yaml-language-server/package.json')),
      'bin/yaml-language-server',
    ),
    '--stdio',
  ]),
);

beforeAll(async () => {
  cpSync(join(ROOT, 'config'), release.file('config'), { recursive: true });
  cpSync(dirname(program()), release.file('dist'), { recursive: true });
  await editor.begin();
});

afterAll(async () => {
  await editor.end();
  release[Symbol.dispose]();
});

const shipped = readdirSync(join(ROOT, 'config'), { recursive: true, encoding: 'utf8' }).filter(
  (name) => name.endsWith('.yaml') && !name.startsWith('languages'),
);

test.each(shipped)('config/%s: nothing is marked', async (name) => {
  expect(
    await editor.marks(release.file(`config/${name}`), readFileSync(release.file(`config/${name}`), 'utf8')),
  ).toEqual([]);
});

test('a broken file: what is wrong, what a key means, which values there are', async () => {
  const file = release.file('config/broken.yaml');
  const text = `# yaml-language-server: $schema=../dist/cleanfeed.schema.json
listeners:
  - name: a
    prot: 1
    port: 70000
lists:
  - name: x
    source: ./a
    action: blok
    delay: 1s
workers: \${WORKERS}
limits:
  headerBytes: 1B
`;
  const marks = await editor.marks(file, text);
  const byLine = marks.toSorted((a, b) => a.range.start.line - b.range.start.line);
  expect(byLine.map(({ range, message }) => [range.start.line + 1, message])).toEqual([
    [4, expect.stringContaining('prot')],
    [5, expect.stringContaining('65535')],
    [9, 'Must be block or count or allow.'],
    [13, expect.stringMatching(/^Must be from 64B to 16MiB/)],
  ]);
  const hover = await editor.ask('textDocument/hover', { ...at(file), position: { line: 9, character: 6 } });
  expect(JSON.stringify(hover)).toContain('how long a new version waits (a ring of nodes)');
  const offered = await editor.ask('textDocument/completion', { ...at(file), position: { line: 8, character: 12 } });
  expect(JSON.stringify(offered)).toMatch(/"label":"block".*"label":"count".*"label":"allow"/);
});

function at(file: string): object {
  return { textDocument: { uri: pathToFileURL(file).href } };
}
