/** The figures of a known sequence of requests over two workers: every one of them is exact. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { startOrigin } from '../support/origin.ts';
import type { Origin, OriginConnection } from '../support/origin.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { rawClient } from '../support/raw-client.ts';
import type { RawClient } from '../support/raw-client.ts';
import { Resources } from '../support/resources.ts';

/** Bytes as the ends of the connections saw them. */
const seen = { client_in: 0, client_out: 0, upstream_in: 0, upstream_out: 0 };

const resources = new Resources();
let origin: Origin;
let proxy: ProxyProcess;

beforeAll(async () => {
  origin = resources.use(await startOrigin(serve));
  proxy = resources.use(
    await startProxy({
      config: {
        workers: 2,
        connect: { ports: [origin.port] },
        listeners: [
          { name: 'main', mode: 'explicit', address: '127.0.0.1', port: 0 },
          { name: 'second', mode: 'explicit', address: '127.0.0.1', port: 0 },
        ],
      },
      lists: {
        own: 'a.localhost/listed\nb.localhost\ntrial.localhost/x count\nsaved.localhost\nboth.localhost\n',
        court: { text: 'c.localhost\nboth.localhost\n', status: 451 },
        canary: { text: 'watched.localhost\nb.localhost\n', action: 'count' },
        allowed: { text: 'saved.localhost/good reason="listed by mistake" expires=2099-12-31\n', action: 'allow' },
      },
    }),
  );
});
afterAll(async () => await resources.end());

/** `/early` gets no answer; a chunked one where asked; interim answers too. */
async function serve(connection: OriginConnection): Promise<void> {
  connection.socket.on('close', () => {
    seen.upstream_out += connection.socket.bytesRead;
    seen.upstream_in += connection.socket.bytesWritten;
  });
  for (;;) {
    const head = await connection.head();
    if (head.startsWith('POST /early')) return void connection.socket.end();
    const length = Number(/^Content-Length: (\d+)$/im.exec(head)?.[1] ?? 0);
    await connection.reader.exactly(length);
    if (head.startsWith('\0')) connection.send('\0neither is this\n');
    else if (head.startsWith('GET /chunked'))
      connection.send(
        'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;ext=1\r\nhello\r\n0\r\nTrailer: x\r\n\r\n',
      );
    else connection.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  }
}

/** Requests one after the other on one connection; the statuses of their final answers. */
async function send(requests: readonly string[], listener = 'main'): Promise<number[]> {
  const client = await rawClient(proxy.portOf(listener));
  const statuses: number[] = [];
  for (const request of requests) {
    client.send(request);
    let { status } = await client.response();
    while (status < 200) ({ status } = await client.response());
    statuses.push(status);
  }
  await client[Symbol.asyncDispose]();
  seen.client_in += client.socket.bytesWritten;
  seen.client_out += client.socket.bytesRead;
  return statuses;
}

function get(address: string): string {
  const slash = address.indexOf('/');
  return `GET http://${address.slice(0, slash)}.localhost:${origin.port}${address.slice(slash)} HTTP/1.1\r\nHost: x\r\n\r\n`;
}

describe('the metrics after a known sequence', () => {
  let metrics: ReadonlyMap<string, number>;

  beforeAll(async () => {
    const post = `POST http://a.localhost:${origin.port}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello`;
    const keepAlive = [...Array.from({ length: 8 }, () => get('a/free')), get('a/chunked'), post];
    expect(await send(keepAlive)).toEqual(Array.from({ length: 10 }, () => 200));
    for (let i = 0; i < 10; i++) expect(await send([get('a/free')])).toEqual([200]);
    expect(await send([get('a/listed'), get('b/'), get('c/'), get('both/')])).toEqual([403, 403, 451, 403]);
    expect(await send([get('trial/x'), get('watched/'), get('watched/')])).toEqual([200, 200, 200]);
    expect(await send([get('saved/good'), get('saved/bad')])).toEqual([200, 403]);
    expect(await send(['GET /origin-form HTTP/1.1\r\nHost: x\r\n\r\n'])).toEqual([400]);
    expect(await send(['GET http://a.localhost/ HTTP/1.1\r\nbad header\r\n\r\n'])).toEqual([400]);
    expect(await send(['GET http://10.0.0.1/ HTTP/1.1\r\nHost: x\r\n\r\n'])).toEqual([403]);
    expect(await send([`GET http://127.0.0.1:${await freePort()}/ HTTP/1.1\r\nHost: x\r\n\r\n`])).toEqual([502]);
    // Not a GET: that would be sent again where it met a connection that was kept.
    expect(await send([get('a/early').replace('GET', 'POST')])).toEqual([502]);
    expect(await send([`CONNECT b.localhost:${origin.port} HTTP/1.1\r\nHost: x\r\n\r\n`])).toEqual([403]);
    expect(await send([`CONNECT a.localhost:1 HTTP/1.1\r\nHost: x\r\n\r\n`])).toEqual([403]);
    expect(await send([get('a/free'), get('a/listed')], 'second')).toEqual([200, 403]);
    await sendThroughTunnel('a', 'GET / HTTP/1.1\r\n\r\n', async (client) => await client.response());
    // Not to `a`, which has entries for paths: nothing with an empty line goes there but HTTP.
    await sendThroughTunnel('free', '\0what is not HTTP\r\n\r\n', async ({ reader }) => await reader.until('\n'));
    await eventually('all is counted', async () => {
      metrics = await proxy.metrics();
      return metrics.get('cleanfeed_connections{listener="main"}') === 0 && total('cleanfeed_host_cache_total') === 40;
    });
  });

  async function sendThroughTunnel(
    host: string,
    first: string,
    answered: (client: RawClient) => Promise<unknown>,
  ): Promise<void> {
    const client = await rawClient(proxy.port);
    client.send(`CONNECT ${host}.localhost:${origin.port} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await client.response({ bodiless: true });
    client.send(first);
    await answered(client);
    client.socket.end();
    await client[Symbol.asyncDispose]();
    seen.client_in += client.socket.bytesWritten;
    seen.client_out += client.socket.bytesRead;
  }

  function total(name: string): number {
    return [...metrics].filter(([sample]) => sample.startsWith(`${name}{`)).reduce((sum, [, value]) => sum + value, 0);
  }

  /** Samples that are not 0, by their labels. */
  function nonZero(name: string): Record<string, number> {
    const samples = [...metrics].filter(([sample, value]) => sample.startsWith(`${name}{`) && value !== 0);
    return Object.fromEntries(
      samples.map(([sample, value]) => [
        [...sample.matchAll(/="([^"]*)"/g)].map(([, label]) => label).join(' '),
        value,
      ]),
    );
  }

  test('requests by listener and verdict', () => {
    expect(nonZero('cleanfeed_requests_total')).toEqual({
      'main pass': 23,
      'main block': 6,
      'main count': 3,
      'main allow': 1,
      'main refuse': 4,
      'main error': 2,
      'second pass': 1,
      'second block': 1,
    });
  });

  test("all of them came from this machine, and what is refused is nobody's", () => {
    expect(metrics.get('cleanfeed_own_requests_total')).toBe(total('cleanfeed_requests_total') - 4);
  });

  test('hits by list and action, whichever list decides', () => {
    expect(nonZero('cleanfeed_list_hits_total')).toEqual({
      'own block': 7,
      'own count': 1,
      'court block': 2,
      'canary count': 4,
      'allowed allow': 1,
    });
  });

  test('failures of the upstream side', () => {
    expect(nonZero('cleanfeed_upstream_errors_total')).toEqual({
      destination_denied: 1,
      connect: 1,
      premature_close: 1,
    });
  });

  test('every byte', async () => {
    await origin.close();
    await eventually('the ends have closed', async () => {
      metrics = await proxy.metrics();
      return seen.upstream_in === metrics.get('cleanfeed_bytes_total{direction="upstream_in"}');
    });
    expect(nonZero('cleanfeed_bytes_total')).toEqual(seen);
  });

  test('durations are counted for what was sent on', () => {
    expect(metrics.get('cleanfeed_request_duration_seconds_count')).toBe(27);
    expect(metrics.get('cleanfeed_upstream_duration_seconds_count')).toBe(26);
  });

  test('the lists', () => {
    expect(nonZero('cleanfeed_list_entries')).toEqual({ own: 5, court: 2, canary: 2, allowed: 1 });
    expect(nonZero('cleanfeed_list_entries_enforceable')).toMatchObject({
      'own http': 5,
      'own https': 3,
      'court https': 2,
    });
    expect(metrics.get('cleanfeed_list_generation')).toBe(1);
    expect(nonZero('cleanfeed_list_sync_total')).toEqual({
      'own updated': 1,
      'court updated': 1,
      'canary updated': 1,
      'allowed updated': 1,
    });
    expect(total('cleanfeed_list_rejected_total')).toBe(0);
  });

  test('nothing was dropped, no worker was replaced', () => {
    expect(nonZero('cleanfeed_connections_dropped_total')).toEqual({});
    expect(metrics.get('cleanfeed_worker_restarts_total')).toBe(0);
    expect(metrics.get('cleanfeed_bypass')).toBe(0);
  });

  test('no label tells what was asked for', async () => {
    expect((await proxy.admin('/metrics')).body).not.toMatch(/localhost|127\.|listed|:\/\//);
  });
});
