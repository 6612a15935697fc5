/** Archives, as the real tar reads them. */
import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { tarOf } from '../../src/commands/tar.ts';

const FILES = [
  { name: 'folder/empty.txt', content: '' },
  { name: 'folder/é.txt'.replace('é', 'e'), content: 'é'.repeat(300) },
  { name: 'folder/block.txt', content: 'x'.repeat(512) },
  { name: 'last', content: 'a\n'.repeat(40_000) },
];

test('what tar lists and extracts is what was put in', () => {
  const archive = tarOf(FILES, Date.UTC(2026, 10, 27, 12) / 1000);
  const tar = (...args: string[]): string =>
    execFileSync('tar', args, { input: archive, encoding: 'utf8', env: { ...process.env, TZ: 'UTC' } });
  expect(tar('-tzf', '-').trim().split('\n')).toEqual(FILES.map(({ name }) => name));
  for (const { name, content } of FILES) expect(tar('-xzOf', '-', name)).toBe(content);
  const [first = ''] = tar('-tvzf', '-', '--numeric-owner').split('\n');
  expect(first).toMatch(/^-rw------- 0\/0 +0 2026-11-27 12:00 folder\/empty\.txt$/);
  expect(tarOf(FILES, 1)).toEqual(tarOf(FILES, 1));
});
