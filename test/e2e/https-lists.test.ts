/**
 * Lists over HTTPS in a running process, from a real nginx: whatever the server answers, the process lives, filters as before
 * and says what happened.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { ListServer } from '../support/list-server.ts';
import type { NginxAnswer } from '../support/list-server.ts';
import { startOrigin } from '../support/origin.ts';
import type { Origin } from '../support/origin.ts';
import { programPath } from '../support/programs.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { rawClient } from '../support/raw-client.ts';
import { Resources } from '../support/resources.ts';

const LIST = 'a.localhost/listed\n';
const resources = new Resources();
let origin: Origin;

beforeAll(async () => {
  origin = resources.use(await startOrigin(async (connection) => {
    for (;;) {
      await connection.head();
      connection.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    }
  }));
});
afterAll(async () => await resources.end());

async function startFrom(server: ListServer): Promise<ProxyProcess> {
  const lists = [{ name: 'far', source: server.url, interval: '1h' }];
  return await startProxy({ config: { lists }, environment: server.environment });
}

/** Status of the answer to a GET. */
async function ask(proxy: ProxyProcess, host: string): Promise<number> {
  await using client = await rawClient(proxy.port);
  client.request(`http://${host}.localhost:${origin.port}/listed`);
  return (await client.response()).status;
}

/** The list is asked for again, and what came of it is known. */
async function reload(proxy: ProxyProcess): Promise<void> {
  const syncs = await syncsOf(proxy);
  proxy.signal('SIGHUP');
  await eventually('the list has been asked for', async () => await syncsOf(proxy), (now) => now > syncs);
}

async function syncsOf(proxy: ProxyProcess): Promise<number> {
  const metrics = await proxy.metrics();
  return ['ok', 'unchanged', 'rejected', 'failed'].reduce((sum, result) => sum + metrics.get(`cleanfeed_list_sync_total{list="far",result="${result}"}`)!, 0);
}

(programPath('nginx') === null ? describe.skip : describe)('a server that answers with', () => {
  test('the same list (304), then another one: the process lives and takes it', async () => {
    await using server = await ListServer.start(LIST);
    await using proxy = await startFrom(server);
    await reload(proxy);
    await reload(proxy);
    expect([await ask(proxy, 'a'), await ask(proxy, 'b')]).toEqual([403, 200]);
    expect((await proxy.metrics()).get('cleanfeed_list_sync_total{list="far",result="unchanged"}')).toBe(2);
    server.serve('b.localhost/listed\n# longer\n');
    await reload(proxy);
    expect([await ask(proxy, 'a'), await ask(proxy, 'b')]).toEqual([200, 403]);
  });

  test.each<{ answer: NginxAnswer; reason: string }>([
    { answer: 'moved', reason: 'redirected' },
    { answer: 'found', reason: 'redirected' },
    { answer: 'notFound', reason: 'http_status' },
    { answer: 'broken', reason: 'http_status' },
    { answer: 'busy', reason: 'http_status' },
    { answer: 'encoded', reason: 'http_status' },
    { answer: 'hungUp', reason: 'connect' },
  ])('$answer: counted as $reason, the last good list stays', async ({ answer, reason }) => {
    await using server = await ListServer.start(LIST);
    await using proxy = await startFrom(server);
    server.serve('b.localhost/listed\n# longer\n');
    server.say(answer);
    await reload(proxy);
    expect([await ask(proxy, 'a'), await ask(proxy, 'b')]).toEqual([403, 200]);
    // It is tried again by itself: perhaps it has been already.
    expect((await proxy.metrics()).get(`cleanfeed_list_rejected_total{list="far",reason="${reason}"}`)).toBeGreaterThan(0);
    expect(proxy.logged('list.failed')[0]).toMatchObject({ list: 'far', code: reason, stays: true });
    server.say(null);
    await reload(proxy);
    expect([await ask(proxy, 'a'), await ask(proxy, 'b')]).toEqual([200, 403]);
  });

  test('the list that was kept (304) at the second start', async () => {
    await using server = await ListServer.start(LIST);
    const first = await startFrom(server);
    await eventually('the copy is kept', () => first.hasEnded || first.logged('list.loaded').length > 0);
    await using second = await first.killAndRestart();
    await second.ready();
    expect(await ask(second, 'a')).toBe(403);
    expect((await second.status()).lists).toMatchObject([{ loaded: true, lastFault: null }]);
    expect((await second.metrics()).get('cleanfeed_list_sync_total{list="far",result="ok"}')).toBe(1);
  });
});
