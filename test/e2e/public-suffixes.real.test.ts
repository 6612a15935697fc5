/** Entries that take a whole registry along, in a running instance: at start, as an update, and where they are wanted. */
import { renameSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from '@jest/globals';
import { compileToFile } from '../../src/list/format/compile-file.ts';
import { utcDay } from '../../src/list/text/compile.ts';
import { eventually } from '../support/eventually.ts';
import { spawnProxy, startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { rawClient } from '../support/raw-client.ts';
import { Resources } from '../support/resources.ts';

const resources = new Resources();
afterAll(async () => await resources.end());

const REJECTED = 'cleanfeed_list_rejected_total{list="own",reason="public_suffix"}';

function replace(proxy: ProxyProcess, text: string | Uint8Array): void {
  writeFileSync(proxy.file('own.new'), text);
  renameSync(proxy.file('own.new'), proxy.file('own.txt'));
}

/** Status of a CONNECT, which a refused host answers with 403 before anything is looked up. */
async function connect(proxy: ProxyProcess, host: string): Promise<number> {
  await using client = await rawClient(proxy.port);
  client.send(`CONNECT ${host}:443 HTTP/1.1\r\nHost: ${host}:443\r\n\r\n`);
  return (await client.response()).status;
}

describe('suffixes: refuse, the default', () => {
  test('at start: not ready, with list and line; once the line is struck the instance serves', async () => {
    const proxy = resources.use(await spawnProxy({ lists: { own: 'a.example\n*.co.uk\n' } }));
    const { status, body } = await eventually(
      'the reason',
      async () => await proxy.admin('/readyz'),
      ({ body: text }) => text.includes('public suffix'),
    );
    expect([status, body]).toEqual([
      503,
      expect.stringMatching(
        /list own: 1 entry covers a public suffix, which 'suffixes: refuse' forbids; the first is line 2, column 1/,
      ),
    ]);
    expect(await proxy.told('list.public_suffix')).toMatchObject([{ level: 'error', list: 'own', line: 2, column: 1 }]);
    replace(proxy, 'a.example\n');
    await proxy.ready();
    expect(await connect(proxy, 'a.example')).toBe(403);
  });

  test('an update, as text, compiled, and in a list that allows: the last good list stays', async () => {
    const proxy = resources.use(
      await startProxy({ lists: { own: 'a.example\n', fine: { text: '# nothing yet\n', action: 'allow' } } }),
    );
    replace(proxy, 'com\na.example\n');
    await eventually(
      'it is refused',
      async () => (await proxy.metrics()).get(REJECTED),
      (count) => count === 1,
    );
    replace(
      proxy,
      compileToFile(Buffer.from('b.example\n*.github.io\n'), {
        action: 'block',
        suffixes: 'warn',
        today: utcDay(Date.now()),
      }).file!,
    );
    await eventually(
      'the compiled one too',
      async () => (await proxy.metrics()).get(REJECTED),
      (count) => count === 2,
    );
    writeFileSync(proxy.file('fine.txt'), '*.co.uk reason="a slip" expires=2099-12-31\n');
    const allowed = REJECTED.replace('own', 'fine');
    await eventually(
      'and that of the allow list',
      async () => (await proxy.metrics()).get(allowed),
      (count) => count === 1,
    );
    expect((await proxy.status()).lists).toMatchObject([
      { name: 'own', entries: 1, lastError: expect.stringContaining('the first is line 2 of the text') },
      { name: 'fine', entries: 0 },
    ]);
    expect([await connect(proxy, 'a.example'), (await proxy.admin('/readyz')).status]).toEqual([403, 200]);
  });
});

test('suffixes: warn takes the list, and log, status and metric say so', async () => {
  const proxy = resources.use(
    await startProxy({ lists: { own: { text: 'a.example\n*.web.id\n', suffixes: 'warn' } } }),
  );
  expect(await connect(proxy, 'www.shop.web.id')).toBe(403);
  expect((await proxy.metrics()).get('cleanfeed_list_public_suffixes{list="own"}')).toBe(1);
  expect((await proxy.status()).lists[0]).toMatchObject({ entries: 2, publicSuffixes: 1, lastError: null });
  expect(await proxy.told('list.public_suffixes')).toMatchObject([
    { level: 'warn', list: 'own', count: 1, policy: 'warn' },
  ]);
});
