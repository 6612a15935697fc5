/** Compiled lists in a running proxy: beside text, replaced by what is damaged. Swapped a hundred times: compiled-lists-memory.long.test.ts. */
import { renameSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { compileToFile } from '../../src/list/format/compile-file.ts';
import { utcDay } from '../../src/list/text/compile.ts';
import { eventually } from '../support/eventually.ts';
import { startOkOrigin, statusOf } from '../support/ok-origin.ts';
import type { Origin } from '../support/origin.ts';
import { spawnProxy, startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';

const resources = new Resources();
let origin: Origin;

beforeAll(async () => {
  origin = resources.use(await startOkOrigin());
});
afterAll(async () => await resources.end());

function compiled(text: string): Uint8Array {
  return compileToFile(Buffer.from(text), { action: 'block', today: utcDay(Date.now()) }).file!;
}

function replace(path: string, bytes: Uint8Array): void {
  writeFileSync(`${path}.new`, bytes);
  renameSync(`${path}.new`, path);
}

async function ask(proxy: ProxyProcess, name: string, path: string): Promise<number> {
  return await statusOf(proxy.port, `http://${name}.localhost:${origin.port}${path}`);
}

test('a compiled list is served beside text, and takes the place of one', async () => {
  await using proxy = await startProxy({
    config: { workers: 2 },
    lists: { own: 'a.localhost/listed\n', second: { text: 'b.localhost/listed\n', status: 451 } },
  });
  replace(proxy.file('second.txt'), compiled('# a comment\nb.localhost/other\n*.c.localhost/dir/*\n'));
  // Workers judge by it a moment before the control thread knows that all of them do.
  await eventually('it is in force', async () => (await proxy.status()).lists[1]?.entries === 2);
  expect([
    await ask(proxy, 'a', '/listed'),
    await ask(proxy, 'b', '/listed'),
    await ask(proxy, 'b', '/other'),
    await ask(proxy, 'x.c', '/dir/x'),
  ]).toEqual([403, 200, 451, 451]);
  expect(await proxy.status()).toMatchObject({
    generation: 2,
    lists: [
      { name: 'own', entries: 1 },
      { name: 'second', entries: 2 },
    ],
  });
});

test('what is damaged, cut off or newer than the program is refused with its reason; the list in force stays', async () => {
  await using proxy = await startProxy({ lists: { own: 'a.localhost/listed\n' } });
  const file = compiled('b.localhost/listed\n');
  const rejected = async (reason: string): Promise<number> =>
    (await proxy.metrics()).get(`cleanfeed_list_rejected_total{list="own",reason="${reason}"}`)!;
  for (const [reason, bytes] of [
    ['truncated', file.slice(0, 200)],
    ['corrupt', file.with(150, file[150]! ^ 4)],
    ['unsupported', file.with(8, 5)],
  ] as const) {
    replace(proxy.file('own.txt'), bytes);
    await eventually(
      reason,
      async () => await rejected(reason),
      (count) => count === 1,
    );
    expect(await ask(proxy, 'a', '/listed')).toBe(403);
  }
  expect((await proxy.status()).lists[0]).toMatchObject({
    loaded: true,
    lastError: 'not a usable compiled list: it has version 5, this program reads version 4; compile the list again',
  });
  expect((await proxy.admin('/readyz')).status).toBe(200);
  replace(proxy.file('own.txt'), file);
  await eventually(
    'the good one',
    async () => await ask(proxy, 'b', '/listed'),
    (status) => status === 403,
  );
});

test('a start with a fifth key opens nothing and says why', async () => {
  await using proxy = await spawnProxy({
    lists: { a: { text: null }, b: { text: null }, c: { text: null }, d: { text: null }, e: 'e.localhost\n' },
  });
  for (const name of ['a', 'b', 'c', 'd']) writeFileSync(proxy.file(`${name}.txt`), compiled(`${name}.localhost\n`));
  const reasons = await eventually(
    'the reason',
    async () => (await proxy.status()).reasons,
    (found) => found.length === 1 && found[0]!.includes('no room'),
  );
  // Whichever was read last: the text list, or the fourth compiled one beside it.
  expect(reasons).toEqual([expect.stringMatching(/^list [a-e]: no room for one more key/)]);
  expect((await proxy.admin('/readyz')).status).toBe(503);
});
