/** Which files metadata names, by name and length, and which of them are not in the folder. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { lackingOf, namedFiles } from '../../../src/publish/repository/named-files.ts';
import type { Published } from '../../../src/publish/repository/published.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const role = (version: number) => ({ version, length: 10 + version, sha256: '', signed: 0, expires: 1 });
const PUBLISHED: Published = {
  version: 1,
  withdrawn: 0,
  serial: 1,
  rotation: 0,
  root: 1,
  owners: [],
  targets: {
    targets: [{ path: 'match/1/1/1.full', length: 5, sha256: 'aa' }],
    withdrawn: [{ path: 'withdrawn/1.set', length: 6, sha256: 'bb' }],
    log: [],
  },
  roles: { targets: role(1), withdrawn: role(2), log: role(3), snapshot: role(4) },
  timestamp: { version: 5, signed: 0, expires: 1, text: '' },
};

test('those that are gone, cut off, or below a file that should be a folder are lacking', async () => {
  using directory = temporaryDirectory();
  const folders = { repo: directory.file('repo'), keys: directory.file('keys') };
  const files = namedFiles(PUBLISHED);
  expect(files.map(({ name, length }) => `${name} ${length}`)).toEqual([
    'metadata/1.targets.json 11',
    'metadata/2.withdrawn.json 12',
    'metadata/3.log.json 13',
    'metadata/4.snapshot.json 14',
    'targets/match/1/1/aa.1.full 5',
    'targets/withdrawn/bb.1.set 6',
  ]);
  expect(await lackingOf(folders, 'isp-a', files)).toEqual(files);
  const path = (name: string): string => join(folders.repo, 'isp-a', name);
  for (const { name, length } of files.slice(0, -1)) {
    mkdirSync(dirname(path(name)), { recursive: true });
    writeFileSync(path(name), Buffer.alloc(length));
  }
  writeFileSync(path('targets/withdrawn'), '');
  writeFileSync(path('metadata/3.log.json'), 'cut off');
  const lacking = await lackingOf(folders, 'isp-a', files);
  expect(lacking.map((file) => file.name)).toEqual(['metadata/3.log.json', 'targets/withdrawn/bb.1.set']);
});
