/** What `npm run build` makes: the same bytes in whatever folder, licences of all that is inside, a file that runs alone. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { licencesOf } from '../../packaging/licences.ts';
import { jsonSchema } from '../../src/config/json-schema.ts';
import { program } from '../support/program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const ROOT = join(import.meta.dirname, '../..');
const SHIPPED = readdirSync(join(ROOT, 'config'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.yaml') && !name.startsWith('languages'))
  .map((name) => ({ name, text: readFileSync(join(ROOT, 'config', name), 'utf8') }));

function node(args: readonly string[], cwd: string): { readonly status: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd,
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin', HOME: cwd },
  });
  return { status, said: `${stdout}${stderr}` };
}

function bytesIn(folder: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    readdirSync(folder)
      .toSorted()
      .map((name) => [name, readFileSync(join(folder, name), 'latin1')]),
  );
}

test('another folder gives the same bytes', () => {
  using directory = temporaryDirectory();
  const checkout = directory.file('another checkout');
  for (const part of ['src', 'config', 'docs', 'packaging', 'package.json', 'package-lock.json', 'tsconfig.json'])
    cpSync(join(ROOT, part), join(checkout, part), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(checkout, 'node_modules'));
  expect(node([join(checkout, 'packaging/build.ts'), directory.file('one')], checkout)).toEqual({
    status: 0,
    said: '',
  });
  const one = bytesIn(directory.file('one'));
  const other = bytesIn(join(program(), '..'));
  expect(Object.keys(one)).toEqual(Object.keys(other));
  expect(Object.keys(one).filter((name) => one[name] !== other[name])).toEqual([]);
  expect(Object.values(one).filter((text) => text.includes(ROOT) || text.includes(checkout))).toEqual([]);
});

test('a few files: each program and thread with its source map, the licences, schemas for editors, what it is made of', () => {
  const names = ['cleanfeed', 'compile-thread', 'data-thread', 'emit-thread', 'image-thread', 'zone-thread'];
  expect(Object.keys(bytesIn(join(program(), '..')))).toEqual(
    [
      'LICENSES.txt',
      'cleanfeed.schema.json',
      'relay.schema.json',
      'sbom.cdx.json',
      ...names.flatMap((name) => [`${name}.mjs`, `${name}.mjs.map`]),
    ].toSorted(),
  );
});

test.each(SHIPPED)('config/$name: its first line names the schema of the build, which takes it', ({ name, text }) => {
  const [, path = ''] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text) ?? [];
  const schema = join(program(), '..', relative(join(ROOT, 'dist'), join(ROOT, 'config', name, '..', path)));
  const form: object = JSON.parse(readFileSync(schema, 'utf8'));
  expect(form).toEqual(jsonSchema(name === 'relay.yaml' ? 'relay' : 'filter'));
  const takes = new Ajv({ strict: false }).compile(form);
  expect({ isTaken: takes(parse(text)), faults: takes.errors }).toEqual({ isTaken: true, faults: null });
  expect(takes({ ...(parse(text) as object), zzz: 1 })).toBe(false);
});

test('the licence of each package inside is there, with its text', () => {
  const licences = readFileSync(join(program(), '../LICENSES.txt'), 'utf8');
  const map: { readonly sources: readonly string[] } = JSON.parse(readFileSync(`${program()}.map`, 'utf8'));
  const inside = new Set(map.sources.flatMap((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []));
  expect(inside.size).toBeGreaterThan(10);
  for (const name of inside) expect(licences).toMatch(new RegExp(`^${name} \\d`, 'm'));
  expect(licences).toContain('Mozilla Public License 2.0');
});

test('a package without the text of its licence ends the build', () => {
  using directory = temporaryDirectory();
  cpSync(join(ROOT, 'config/public-suffixes.txt'), directory.file('config/public-suffixes.txt'));
  cpSync(join(ROOT, 'node_modules/yaml/package.json'), directory.file('node_modules/yaml/package.json'));
  const inputs = ['src/cli.ts', 'node_modules/yaml/dist/index.js'];
  expect(() => licencesOf(directory.path, inputs)).toThrow('node_modules/yaml comes without its licence');
  writeFileSync(directory.file('node_modules/yaml/LICENSE'), 'the text');
  expect(licencesOf(directory.path, inputs)).toMatch(/^yaml [\d.]+ \(ISC\)\n\nthe text\n/);
});

test('the program alone may be started by its name, as its first line says', () => {
  const executable = readdirSync(join(program(), '..')).filter(
    (name) => (statSync(join(program(), '..', name)).mode & 0o111) !== 0,
  );
  expect(executable).toEqual(['cleanfeed.mjs']);
});

test('one file in an empty folder runs check and explain', () => {
  using directory = temporaryDirectory();
  copyFileSync(program(), directory.file('cleanfeed.mjs'));
  writeFileSync(directory.file('own.txt'), 'listed.example/page\n');
  writeFileSync(directory.file('f.yaml'), 'lists: [{ name: own, source: own.txt }]\n');
  expect(node(['cleanfeed.mjs', 'check', '-c', 'f.yaml'], directory.path)).toEqual({
    status: 0,
    said: 'f.yaml: ok\nlist own: 1 entry\n',
  });
  expect(node(['cleanfeed.mjs', 'explain', '-c', 'f.yaml', 'http://listed.example/page'], directory.path)).toEqual({
    status: 1,
    said: expect.stringContaining('verdict      block'),
  });
});
