/** What a publication leaves in a folder that is not all the publisher's own. */
import { readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { Publishing } from '../publishing.ts';

let publishing: Publishing;
afterEach(() => publishing[Symbol.dispose]());

// Was a fault: the recipient was said not to be reached, though it was, with each publication.
test('a file that is superseded and cannot be dated, as one that another user owns, keeps its time', async () => {
  publishing = await Publishing.begin();
  await publishing.recipient('isp-a');
  await publishing.commit(['a.example']);
  const folder = join(publishing.folders.repo, 'isp-a', 'metadata');
  const numbers = readdirSync(folder).map((name) => Number(/^(\d+)\.snapshot\.json$/.exec(name)?.[1] ?? 0));
  const superseded = `${Math.max(...numbers)}.snapshot.json`;
  rmSync(join(folder, superseded));
  symlinkSync(superseded, join(folder, superseded));
  await publishing.commit(['a.example', 'b.example']);
  expect(publishing.repository('isp-a').targets.has('match/1/1/2.full')).toBe(true);
  expect(readdirSync(folder)).toContain(superseded);
});
