/** The figure of README.md that says how many test files there are: within a twentieth, so that a new file changes no document. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { document, ROOT } from './markdown.ts';

test('README.md tells how many test files `npm test` runs', () => {
  const told = [...document('README.md').matchAll(/^Test Suites: (\d+) passed, (\d+) total$/gm)];
  expect(told).toHaveLength(1);
  const [, passed, total] = told[0]!.map(Number);
  const files = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.test.ts') && !/\.(?:real|long)\.test\.ts$/.test(name),
  ).length;
  expect(passed).toBe(total);
  expect({ files, told: total, isNear: Math.abs(total! - files) <= files / 20 }).toMatchObject({ isNear: true });
});
