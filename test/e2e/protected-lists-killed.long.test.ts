/**
 * `kill -9` at fifty moments around an update of a protected list: each start filters, by a whole version, and never by an older one than was in
 * force before.
 */
import { writeFileSync } from 'node:fs';
import { setTimeout as pass } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { TestRepository } from '../list/source/tuf/test-repository.ts';
import { eventually } from '../support/eventually.ts';
import { startOkOrigin, statusOf } from '../support/ok-origin.ts';
import { startProxy } from '../support/proxy-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const TIMES = 50;
/** An update and what comes after it take about as long; where the moment lies in it is left to chance. */
const LONGEST_MS = 900;

test('a node that is killed again and again', async () => {
  await using origin = await startOkOrigin();
  using directory = temporaryDirectory();
  const repository = await TestRepository.create(directory.file('repository'));
  writeFileSync(directory.file('root.json'), repository.root());
  writeFileSync(directory.file('node.age'), repository.identity, { mode: 0o600 });
  const host = (version: number): string => `v${version}.localhost`;
  const publish = async (): Promise<void> =>
    await repository.publish(Array.from({ length: repository.version + 1 }, (_, i) => `http://${host(i + 1)}/listed`));
  await publish();
  const list = {
    name: 'national',
    source: `tuf+file://${repository.folder}`,
    root: directory.file('root.json'),
    identity: directory.file('node.age'),
  };
  let proxy = await startProxy({ config: { lists: [list] } });
  const ask = async (version: number): Promise<number> =>
    await statusOf(proxy.port, `http://${host(version)}:${origin.port}/listed`);
  for (let inForce = 1; inForce <= TIMES; inForce++) {
    await publish();
    await pass(Math.random() * LONGEST_MS);
    proxy = await proxy.killAndRestart();
    await proxy.ready();
    const answers: number[] = [];
    for (let version = 1; version <= inForce + 1; version++) answers.push(await ask(version));
    expect(answers.slice(0, inForce)).toEqual(Array.from({ length: inForce }, () => 403));
    await eventually('the newest version is in force', async () => (await ask(inForce + 1)) === 403);
  }
  await proxy.stop();
});
