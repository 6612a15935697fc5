import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { readState, writeState } from '../../src/guard/kept-state.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

test('what is written is read, in folders that are made', async () => {
  using folder = temporaryDirectory();
  const path = folder.file('a/b/guard.json');
  await writeState(path, { position: 'out', flaps: 3 });
  await writeState(path, { position: 'in', flaps: 4 });
  expect(await readState(path)).toEqual({ position: 'in', flaps: 4 });
});

test.each([
  { name: 'no file', content: null },
  { name: 'no JSON', content: '{"position":"in"' },
  { name: 'another boot', content: '{"position":"in","flaps":2,"boot":"another"}' },
  { name: 'something else', content: '[]' },
])('$name: nothing is known', async ({ content }) => {
  using folder = temporaryDirectory();
  if (content !== null) writeFileSync(folder.file('guard.json'), content);
  expect(await readState(folder.file('guard.json'))).toEqual({ position: 'unknown', flaps: 0 });
});

test('of what is out of bounds nothing is believed', async () => {
  using folder = temporaryDirectory();
  const path = folder.file('guard.json');
  await writeState(path, { position: 'in', flaps: 1 });
  const { boot } = JSON.parse(readFileSync(path, 'utf8')) as { boot: string };
  for (const [flaps, want] of [
    [1e9, 20],
    [-5, 0],
    ['many', 0],
  ] as const) {
    writeFileSync(path, JSON.stringify({ position: 'elsewhere', flaps, boot }));
    expect(await readState(path)).toEqual({ position: 'unknown', flaps: want });
  }
});
