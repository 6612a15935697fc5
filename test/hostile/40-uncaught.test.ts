/**
 * Requirement 40: no input raises an uncaught exception; if one is raised all the same, one worker is replaced and the
 * others serve on.
 */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BroadcastChannel } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseConfig } from '../../src/config/load.ts';
import { startControl } from '../../src/workers/control-thread.ts';
import type { Control } from '../../src/workers/control-thread.ts';
import { eventually } from '../support/eventually.ts';
import { memoryLog } from '../support/memory-log.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { SMUGGLING } from './cases/smuggling.ts';
import { open } from './support/connection.ts';
import type { Connection } from './support/connection.ts';
import { OK, Upstream } from './support/upstream.ts';

const CORPUS = join(import.meta.dirname, '..', 'fuzz', 'corpus');
const AT_ONCE = 40;

const resources = new Resources();
let upstream: Upstream;

function corpus(target: string): string[] {
  const folder = join(CORPUS, target);
  return readdirSync(folder).map((file) => readFileSync(join(folder, file), 'latin1'));
}

const get = (path: string, fields = ''): string => `GET ${upstream.url}${path} HTTP/1.1\r\nHost: x\r\n${fields}\r\n`;

/** Each input on a connection of its own, which its client ends; whatever comes back is good enough. */
async function throwAt(port: number, inputs: readonly string[]): Promise<void> {
  const waiting = [...inputs];
  const client = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const connection = await open(port);
      connection.send(next).end();
      await connection.over();
      connection.destroy();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, client));
}

beforeAll(async () => {
  upstream = await new Upstream().listen();
  resources.defer(async () => await upstream.close());
});
afterAll(async () => await resources.end());

describe('requirement 40: no input raises an uncaught exception', () => {
  let proxy: ProxyProcess;
  beforeAll(async () => {
    // Nobody answers for the names in the inputs.
    proxy = resources.use(await startProxy({ config: { workers: 2, upstream: { allow: ['127.0.0.0/8'], dns: { servers: ['127.0.0.1:9'], timeout: '200ms' } }, timeouts: { header: '2s', body: '1s', firstByte: '1s' } } }));
  });
  /** Ends with it, checked by `stop()`: no worker has died. */
  const restarts = async (): Promise<number | undefined> => (await proxy.metrics()).get('cleanfeed_worker_restarts_total');

  test('from a client: the corpora of the fuzzers, and every case of smuggling', async () => {
    upstream.answer = OK;
    const inputs = [...corpus('request-head'), ...corpus('response-head'), ...corpus('canonical-url').map((url) => `GET ${url} HTTP/1.1\r\nHost: x\r\n\r\n`)];
    const smuggling = SMUGGLING.map(({ bytes }) => bytes);
    const bodies = corpus('chunked').map((body) => `POST http://AUTHORITY/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${body}`);
    await throwAt(proxy.port, [...inputs.map((text) => text.replaceAll('a.example:80', upstream.authority)), ...[...smuggling, ...bodies].map((text) => text.replaceAll('AUTHORITY', upstream.authority))]);
    expect(await restarts()).toBe(0);
    expect(upstream.connections.length).toBeGreaterThan(0);
  });

  test('from an origin: the corpora as answers, whole and in two pieces', async () => {
    const answers = [...corpus('response-head'), ...corpus('request-head'), ...corpus('chunked').map((body) => `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${body}`)];
    upstream.answer = (connection, request) => {
      const [, number = '0', cut = '0'] = /^GET \/(\d+)\/(\d)/.exec(request) ?? [];
      const answer = answers[Number(number)] ?? OK;
      const half = cut === '0' ? 0 : answer.length >> 1;
      connection.send(answer.slice(0, half));
      setImmediate(() => connection.end(answer.slice(half)));
    };
    const requests = answers.flatMap((_, number) => [0, 1].map((cut) => get(`/${number}/${cut}`)));
    const waiting = [...requests];
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
          const connection = await open(proxy.port);
          await connection.send(next).until(({ received, ending, closed }) => received !== '' || ending !== null || closed);
          connection.destroy();
        }
      }),
    );
    expect(await restarts()).toBe(0);
    await eventually('no connection is left', async () => (await proxy.metrics()).get('cleanfeed_connections{listener="explicit"}') === 0);
  });
});

describe('requirement 40: a worker that dies all the same', () => {
  test('is replaced; the connections of the others go on', async () => {
    const directory = temporaryDirectory();
    const channel = new BroadcastChannel('mortal');
    mkdirSync(directory.file('state'));
    upstream.answer = OK;
    const settings = { listeners: [{ name: 'explicit', port: 0 }], admin: { port: 0 }, upstream: { allow: ['127.0.0.0/8'] }, state: { directory: './state' }, workers: 2 };
    const loaded = parseConfig(JSON.stringify(settings), directory.file('c.yaml'), {});
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
    const control: Control = await startControl(loaded.config, { log: memoryLog(), version: '0.0.0', workerFile: new URL('../support/mortal-data-thread.ts', import.meta.url) });
    const port = control.ports![0]!;
    const clients = await Promise.all(Array.from({ length: 40 }, async () => await open(port)));
    for (const client of clients) await client.send(get('/1')).has('\r\n\r\nok');

    channel.postMessage({ worker: 1, how: 'die' });
    await eventually('its end', () => control.view.workerRestarts() === 1);
    const alive = clients.filter(({ ending, closed }) => ending === null && !closed);
    // The kernel spread them over both.
    expect(alive.length).toBeGreaterThan(0);
    expect(alive.length).toBeLessThan(clients.length);
    for (const client of alive) await client.send(get('/2')).has('\r\n\r\nok', 2);

    await eventually('ready again', () => control.view.notReady().length === 0);
    const fresh: Connection = await open(port);
    await fresh.send(get('/3', 'Connection: close\r\n')).over();
    expect(fresh.received).toContain('\r\n\r\nok');
    for (const client of [...clients, fresh]) client.destroy();
    channel.close();
    await control.drain(0);
    directory[Symbol.dispose]();
  });
});
