/** Start, stop, crash: what an operator relies on when something is wrong. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { beginDownload } from '../support/begun-download.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { GOOD_ANSWERS } from '../support/list-answers.ts';
import { OK } from '../support/ok-origin.ts';
import { startOrigin } from '../support/origin.ts';
import type { Origin } from '../support/origin.ts';
import { portAccepts } from '../support/port-accepts.ts';
import { serveToTheEnd, spawnProxy, startProxy } from '../support/proxy-process.ts';
import { rawClient } from '../support/raw-client.ts';
import { Resources } from '../support/resources.ts';
import { ScriptedListServer } from '../support/scripted-list-server.ts';

/** It takes the request, and does not answer. */
const SILENT = async (): Promise<void> => await Promise.resolve();
const LIST = Buffer.from('far.example\n');
const resources = new Resources();
let origin: Origin;
let url: string;

beforeAll(async () => {
  origin = resources.use(await startOrigin());
  url = `http://localhost:${origin.port}/`;
});
afterAll(async () => await resources.end());

function fixedPort(port: number, drain = '60s'): Record<string, unknown> {
  return { listeners: [{ name: 'explicit', mode: 'explicit', address: '127.0.0.1', port }], shutdown: { drain } };
}

describe('start', () => {
  test('every worker serves the same generation before the proxy is ready', async () => {
    await using proxy = await startProxy({ config: { workers: 3 }, lists: { own: 'listed.localhost\n' } });
    const { workers, generation } = await proxy.status();
    expect(generation).toBe(1);
    expect(workers).toMatchObject([0, 1, 2].map((worker) => ({ worker, generation: 1 })));
  });

  test('without its list it says so, opens no port, and opens it when the list appears', async () => {
    const port = await freePort();
    await using proxy = await spawnProxy({
      config: fixedPort(port),
      lists: { own: { text: null }, other: 'x.localhost\n' },
    });
    await eventually(
      'it says what is missing',
      async () => await proxy.admin('/readyz'),
      ({ body }) => /"list own: [^"]* cannot be read: there is no such file"/.test(body),
    );
    expect((await proxy.admin('/readyz')).status).toBe(503);
    expect((await proxy.admin('/healthz')).status).toBe(200);
    expect(await portAccepts(port)).toBe(false);
    expect(proxy.logged('listener.opened')).toEqual([]);
    writeFileSync(proxy.file('own.txt'), 'listed.localhost\n');
    await proxy.ready();
    expect(proxy.port).toBe(port);
    await using client = await rawClient(port);
    client.request('http://listed.localhost/');
    expect((await client.response()).status).toBe(403);
  });

  test('with a bad list it opens no port either', async () => {
    const port = await freePort();
    await using proxy = await spawnProxy({ config: fixedPort(port), lists: { own: 'a b c\n' } });
    await eventually(
      'it says what is wrong',
      async () => await proxy.admin('/readyz'),
      ({ body }) => body.includes('list own: 1 bad line of 1'),
    );
    expect(await portAccepts(port)).toBe(false);
  });

  test('a bad configuration ends with 78 and names every fault', async () => {
    const { exit, stderr } = await serveToTheEnd('listeners: [{ name: a, mode: explicit, prot: 1 }]\nworkers: none\n');
    expect(exit).toBe(78);
    expect(stderr).toMatch(/cleanfeed\.yaml:1:40: .*'?prot'?.*port/);
    expect(stderr).toMatch(/cleanfeed\.yaml:2:10: .*workers/);
  });

  test.each([
    {
      key: 'listeners[0].port',
      config: (taken: number) => `listeners: [{ name: a, mode: explicit, port: ${taken} }]\nadmin: { port: 0 }\n`,
    },
    {
      key: 'admin.port',
      config: (taken: number) => `listeners: [{ name: a, mode: explicit, port: 0 }]\nadmin: { port: ${taken} }\n`,
    },
  ])('a taken port ends with 69 and names port and key: $key', async ({ key, config }) => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const taken = (server.address() as AddressInfo).port;
    const { exit, stderr } = await serveToTheEnd(`${config(taken)}state: { directory: ./state }\n`);
    server.close();
    expect(exit).toBe(69);
    const message = stderr.split('\n').find((line) => line.startsWith('cleanfeed: '));
    expect(message).toContain(String(taken));
    expect(message).toContain(key);
  });
});

describe('stop', () => {
  test('SIGTERM: no new connection; a download under way arrives whole, though its client would keep the connection', async () => {
    await using proxy = await startProxy({ config: { workers: 2, shutdown: { drain: '60s' } } });
    await using client = await rawClient(proxy.port);
    await using idle = await rawClient(proxy.port);
    const server = await beginDownload(client, origin);
    // One that its worker had not accepted yet would be reset.
    await eventually(
      'both have been accepted',
      async () => (await proxy.metrics()).get('cleanfeed_connections{listener="explicit"}') === 2,
    );
    proxy.signal('SIGTERM');
    expect(await idle.reader.ended()).toBe('fin');
    // The other worker closes its own.
    await eventually('no new connection', async () => !(await portAccepts(proxy.port)));
    expect(proxy.hasEnded).toBe(false);
    server.send('def');
    expect((await client.reader.rest()).toString()).toBe('def');
    expect(await proxy.exited).toEqual({ code: 0, signal: null });
  });

  test('SIGTERM: a request that came before is answered, and told that it is the last', async () => {
    await using proxy = await startProxy({ config: { shutdown: { drain: '60s' } } });
    await using client = await rawClient(proxy.port);
    client.request(url);
    const server = await origin.connection();
    await server.head();
    proxy.signal('SIGTERM');
    await eventually('it is stopping', () => proxy.logged('process.draining').length === 1);
    await eventually('the listener is closed', async () => !(await portAccepts(proxy.port)));
    server.send(OK);
    const { fields, body } = await client.response();
    expect([body.toString(), fields.get('connection')]).toEqual(['ok', 'close']);
    expect(await proxy.exited).toEqual({ code: 0, signal: null });
  });

  test('SIGTERM while a list that is in force is asked for once more, since the start: a download under way arrives whole', async () => {
    let answers = Infinity;
    // It has something newer than the kept copy, and says nothing when it is asked for that.
    await using server = await ScriptedListServer.start(() =>
      answers-- > 0 ? async (exchange) => await GOOD_ANSWERS[0]!.give(exchange, LIST, 1) : SILENT,
    );
    const lists = [{ name: 'far', source: server.url, interval: '1h' }];
    const first = await startProxy({ config: { lists, shutdown: { drain: '60s' } }, environment: server.environment });
    const kept = 'cleanfeed_list_cache_current{list="far"}';
    await eventually('the copy is kept', async () => (await first.metrics()).get(kept) === 1);
    answers = 1;
    const proxy = await first.killAndRestart();
    await proxy.ready();
    await using client = await rawClient(proxy.port);
    const answering = await beginDownload(client, origin);
    proxy.signal('SIGTERM');
    await eventually('it drains, or has ended', () => proxy.hasEnded || proxy.logged('process.draining').length > 0);
    answering.send('def');
    expect((await client.reader.rest()).toString()).toBe('def');
    expect(await proxy.exited).toEqual({ code: 0, signal: null });
  });

  test('SIGTERM: an endless tunnel ends at the bound', async () => {
    await using proxy = await startProxy({
      config: { workers: 2, connect: { ports: [origin.port] }, shutdown: { drain: '4s' } },
    });
    await using client = await rawClient(proxy.port);
    client.send(`CONNECT localhost:${origin.port} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    await client.response({ bodiless: true });
    const server = await origin.connection();
    proxy.signal('SIGTERM');
    server.send('still here');
    expect((await client.reader.exactly(10)).toString()).toBe('still here');
    expect(await proxy.exited).toEqual({ code: 0, signal: null });
    expect(await server.reader.ended()).not.toBeNull();
  });

  test('a second signal ends it at once', async () => {
    const proxy = await startProxy({ config: { connect: { ports: [origin.port] }, shutdown: { drain: '60s' } } });
    await using client = await rawClient(proxy.port);
    client.send(`CONNECT localhost:${origin.port} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    await client.response({ bodiless: true });
    await origin.connection();
    proxy.signal('SIGTERM');
    const [line] = await proxy.told('process.draining');
    await proxy.signalAfter(line!, 'SIGTERM');
    expect(await proxy.exited).toEqual({ code: 143, signal: null });
    proxy.forget();
  });
});

describe('crash', () => {
  test('after kill -9 it starts again on the same ports and serves', async () => {
    const port = await freePort();
    const first = await startProxy({
      config: { ...fixedPort(port), workers: 2 },
      lists: { own: 'listed.localhost\n' },
    });
    await using client = await rawClient(port);
    client.request(url);
    const server = await origin.connection();
    const via = viaOf(await server.head());
    const second = await first.killAndRestart();
    expect(await client.reader.ended()).not.toBeNull();
    expect(await server.reader.ended()).not.toBeNull();
    await second.ready();
    expect(second.port).toBe(port);
    await using again = await rawClient(port);
    again.request(url);
    const fresh = await origin.connection();
    // The same installation: its pseudonym has outlived the crash.
    expect(viaOf(await fresh.head())).toBe(via);
    fresh.send(OK);
    expect((await again.response()).status).toBe(200);
    again.request('http://listed.localhost/');
    expect((await again.response()).status).toBe(403);
    await again[Symbol.asyncDispose]();
    await second.stop();
  });
});

function viaOf(head: string): string {
  return /^Via: (1\.1 \S+)$/m.exec(head)![1]!;
}
