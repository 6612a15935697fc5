/** docs/dependencies.md has a line for every package, and no line for any other. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { codeIn, document, ROOT, tableRows } from './markdown.ts';

type Packages = Readonly<Record<string, string>>;

interface Manifest {
  readonly dependencies: Packages;
  readonly optionalDependencies: Packages;
  readonly devDependencies: Packages;
}

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest;
const [atRunTime = '', forDevelopment = ''] = document('docs/dependencies.md').split('## For development only');
const runTime = tableRows(atRunTime, 'package');

test('at run time: what for, why this one, what was rejected', () => {
  const packages = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });
  expect(runTime.map(([name = '']) => codeIn(name)[0])).toEqual(packages.toSorted());
  expect(runTime.filter((cells) => cells.length !== 4 || cells.includes(''))).toEqual([]);
});

test('for development: what for', () => {
  const named = tableRows(forDevelopment, 'package').flatMap(([names = '']) => codeIn(names));
  expect(named.toSorted()).toEqual(Object.keys(manifest.devDependencies).toSorted());
});

test('versions are exact', () => {
  const versions = Object.values({
    ...manifest.dependencies,
    ...manifest.optionalDependencies,
    ...manifest.devDependencies,
  });
  expect(versions.filter((version) => !/^(?:npm:@?[a-z/-]+@)?\d+\.\d+\.\d+$/.test(version))).toEqual([]);
});
