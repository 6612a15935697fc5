/** Two instances that follow one protected list in one state directory: the second one is told, whatever became of one before it. */
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { StateClaims } from '../../src/workers/state-claims.ts';
import type { ListPlace } from '../../src/workers/state-claims.ts';
import { endAll, folderWith, start } from '../commands/cli-process.ts';
import type { Running } from '../commands/cli-process.ts';
import { memoryLog } from '../support/memory-log.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';

const PROTECTED: ListPlace = {
  name: 'national',
  source: { kind: 'tuf', mirrors: [{ kind: 'folder', path: '/srv/lists' }] },
};
const OWN: ListPlace = { name: 'own', source: { kind: 'file' } };

let directory: TemporaryDirectory;
beforeEach(() => {
  directory = temporaryDirectory();
});
afterEach(async () => {
  await endAll();
  directory[Symbol.dispose]();
});

/** Which lists another one has. */
async function taken(claims: StateClaims, ...lists: readonly ListPlace[]): Promise<readonly unknown[]> {
  const log = memoryLog();
  await claims.take(lists, log);
  return log.named('state.shared').map(({ list }) => list);
}

test('the second one of a directory is told, by whatever path it goes; a text list is shared by nobody', async () => {
  const [first, second] = [new StateClaims(directory.path), new StateClaims(directory.path)];
  symlinkSync(directory.path, directory.file('link'));
  const linked = new StateClaims(directory.file('link'));
  expect(await taken(first, PROTECTED, OWN)).toEqual([]);
  expect(await taken(second, PROTECTED, OWN)).toEqual(['national']);
  expect(await taken(linked, PROTECTED)).toEqual(['national']);
  first.close();
  expect(await taken(linked, PROTECTED)).toEqual([]);
  for (const each of [second, linked]) each.close();
});

test('another directory, another list, a directory that is not there: nothing is shared', async () => {
  mkdirSync(directory.file('other'));
  const claims = ['.', 'other', 'none'].map((name) => new StateClaims(directory.file(name)));
  const other: ListPlace = { name: 'other', source: PROTECTED.source };
  expect(await Promise.all(claims.map(async (each) => await taken(each, PROTECTED)))).toEqual([[], [], []]);
  expect(await taken(claims[0]!, other)).toEqual([]);
  for (const each of claims) each.close();
});

describe('whole processes', () => {
  const config = (name: string): string => `listeners: [{ name: main, port: 0 }]
admin: { port: 0 }
state: { directory: ./state }
control: { socket: ./${name}.sock }
lists: [{ name: national, source: "tuf+file:///srv/cleanfeed-none/", root: ./root.json, identity: ./node.age }]
`;

  async function serving(cwd: string, name: string): Promise<Running> {
    const running = start(['serve', '-c', `${name}.yaml`], { cwd });
    // Its list is nowhere, and it tries it again: it says all that it has to say of its start before.
    await running.event('process.not_ready');
    return running;
  }

  // Was a fault: only the documentation said so.
  test('the second is told and goes on; nothing is left of one that was killed', async () => {
    const cwd = await folderWith({ 'a.yaml': config('a'), 'b.yaml': config('b'), 'root.json': '{}', 'node.age': 'x' });
    const first = await serving(cwd, 'a');
    const second = await serving(cwd, 'b');
    expect(await second.event('state.shared')).toMatchObject({
      level: 'warn',
      list: 'national',
      directory: join(cwd, 'state'),
    });
    for (const { child, ended } of [first, second]) {
      child.kill('SIGKILL');
      await ended;
    }
    expect((await first.ended).stderr + (await first.ended).stdout).not.toContain('state.shared');
    const third = await serving(cwd, 'b');
    third.child.kill('SIGTERM');
    const { stdout, stderr } = await third.ended;
    expect(stdout + stderr).not.toContain('state.shared');
  });
});
