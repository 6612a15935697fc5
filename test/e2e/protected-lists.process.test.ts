/** Protected lists in a running process, from a folder and from a real nginx with TLS that asks for a client certificate. */
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { TestRepository } from '../list/source/tuf/test-repository.ts';
import { eventually } from '../support/eventually.ts';
import { startOkOrigin, statusOf } from '../support/ok-origin.ts';
import type { Origin } from '../support/origin.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';

const resources = new Resources();
let origin: Origin;
let directory: TemporaryDirectory;
let repository: TestRepository;

beforeAll(async () => {
  origin = resources.use(await startOkOrigin());
});
afterAll(async () => {
  directory[Symbol.dispose]();
  await resources.end();
});

async function publisher(): Promise<void> {
  directory = temporaryDirectory();
  repository = await TestRepository.create(directory.file('repository'));
  writeFileSync(directory.file('root.json'), repository.root());
  writeFileSync(directory.file('node.age'), repository.identity, { mode: 0o600 });
  await repository.publish(['http://a.localhost/listed', 'http://b.localhost/listed']);
}

const list = (source: string) => ({
  name: 'national',
  source,
  root: directory.file('root.json'),
  identity: directory.file('node.age'),
});

/** Status of the answer to a GET. */
async function ask(proxy: ProxyProcess, host: string): Promise<number> {
  return await statusOf(proxy.port, `http://${host}.localhost:${origin.port}/listed`);
}

test('from a folder: listed pages are refused, a change is noticed, a withdrawal too', async () => {
  await publisher();
  await using proxy = await startProxy({ config: { lists: [list(`tuf+file://${repository.folder}`)] } });
  expect([await ask(proxy, 'a'), await ask(proxy, 'b'), await ask(proxy, 'c')]).toEqual([403, 403, 200]);
  await repository.publish(['http://a.localhost/listed', 'http://b.localhost/listed', 'http://c.localhost/listed']);
  await eventually('the next version is in force', async () => (await ask(proxy, 'c')) === 403);
  await repository.withdraw(['http://a.localhost/listed']);
  await eventually('the withdrawn page is free', async () => (await ask(proxy, 'a')) === 200);
  expect([await ask(proxy, 'b'), await ask(proxy, 'c')]).toEqual([403, 403]);
});
