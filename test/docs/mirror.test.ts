/**
 * Tests mirror src: a file of src/MODULE is imported by a file of test/MODULE. One that is not stands in tested-through.ts,
 * with a test that reaches it through other files of src, or as a whole process. Files that only declare types need neither.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ROOT } from './markdown.ts';
import { TESTED_THROUGH } from './tested-through.ts';

const IMPORTS = /(?:^(?:import|export)\s(?!type\b)[^;']*?from\s|\bimport\()\s*'(\.[^']+)'/gm;
/** How a test starts the program as a process or a thread of its own. */
const STARTS = /proxy-process\.ts|cli-process\.ts|\bspawn(?:Sync)?\(|\bcopyRelease\(|\bholdModules\(|\bnew Worker\(/;

function filesUnder(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:ts|mjs)$/.test(name))
    .map((name) => join(folder, name));
}

function textOf(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

function importsOf(file: string): string[] {
  return [...textOf(file).matchAll(IMPORTS)].map(([, path = '']) => join(dirname(file), path));
}

/** Whether anything is left of a file when its types are taken away. */
function doesSomething(file: string): boolean {
  return (
    /^(?:export )?(?:async )?(?:const|let|function|class|abstract class)\b/m.test(textOf(file)) ||
    file.endsWith('cli.ts')
  );
}

/** The folder below `src/` or `test/`; of a file that lies in none, its name. */
function moduleOf(file: string): string {
  return file.split('/')[1]?.replace(/\..*$/, '') ?? '';
}

/** All that a test loads, whichever way. */
function reachedFrom(file: string): ReadonlySet<string> {
  const reached = new Set([file]);
  for (const one of reached) for (const next of importsOf(one)) if (existsSync(join(ROOT, next))) reached.add(next);
  return reached;
}

const sources = filesUnder('src').filter(doesSomething);
const tests = filesUnder('test');
const direct = new Set(
  tests.flatMap((file) =>
    importsOf(file).filter((path) => moduleOf(path) === moduleOf(file) && path.startsWith('src/')),
  ),
);
const through = Object.values(TESTED_THROUGH).flat();

describe('tests mirror src', () => {
  test('each file is imported by a test of its module, or stands in the table', () => {
    expect(sources.filter((file) => !direct.has(file) && !through.includes(file))).toEqual([]);
  });

  test('the table names each file once, and none that is imported by a test of its module, is gone or does nothing', () => {
    expect(
      through.filter((file, at) => direct.has(file) || !sources.includes(file) || through.indexOf(file) !== at),
    ).toEqual([]);
  });

  test.each(Object.entries(TESTED_THROUGH))('%s reaches what it is named for', (file, covered) => {
    const reached = reachedFrom(file);
    const startsIt = [...reached].some((one) => one.startsWith('test/') && STARTS.test(textOf(one)));
    expect(covered.filter((one) => !reached.has(one) && !startsIt)).toEqual([]);
  });
});
