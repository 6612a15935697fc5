/**
 * Requirement 36: the caps in force lie below the descriptor limit. A flood meets them, not the limit; the admin side
 * answers throughout; each connection that is turned away is counted, and the log says what is too low.
 */
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { startProxy } from '../support/proxy-process.ts';
import { rawClient } from '../support/raw-client.ts';
import { startEchoOrigin } from '../support/steady-load.ts';

const FLOOD = 400;
const LIMIT = 256;
const UNDER = ['sh', '-c', `ulimit -n ${LIMIT} && exec "$@"`, 'sh'];

interface Flooder {
  readonly socket: Socket;
  /** Status of the answer to CONNECT; 0: closed without one. */
  readonly status: Promise<number>;
}

function flooder(port: number, originPort: number): Flooder {
  const socket = connect(port, '127.0.0.1');
  const status = new Promise<number>((resolve) => {
    socket.on('error', () => resolve(0)).on('close', () => resolve(0));
    socket.once('data', (chunk: Buffer) =>
      resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(chunk.toString('latin1'))?.[1] ?? 0)),
    );
  });
  socket.write(`CONNECT 127.0.0.1:${originPort} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
  return { socket, status };
}

test(`ulimit -n ${LIMIT} and caps of 8,192: a flood of ${FLOOD} tunnels takes the admin side nothing, and all of it is counted`, async () => {
  await using origin = await startEchoOrigin();
  const silent = createServer((socket) => void socket.on('error', () => {})).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port: silentPort } = silent.address() as AddressInfo;
  await using proxy = await startProxy({
    under: UNDER,
    config: { workers: 1, connect: { ports: [silentPort] } },
    lists: { own: 'origin.localhost/listed\n' },
  });
  const [lowered] = await proxy.told('limits.lowered');
  expect(lowered).toMatchObject({ level: 'warn', descriptors: LIMIT, connections: 8192 });
  const { descriptors } = await proxy.status();
  expect(descriptors).toMatchObject({ limit: LIMIT, lowered: true, effective: lowered!['effective'] });
  expect(descriptors.required).toBeGreaterThan(16_384);

  const flood: Flooder[] = [];
  const open: number[] = [];
  for (let i = 0; i < FLOOD; i++) {
    flood.push(flooder(proxy.port, silentPort));
    if (i % 20 !== 0) continue;
    expect((await proxy.admin('/healthz')).status).toBe(200);
    expect((await proxy.admin('/metrics')).status).toBe(200);
    open.push(readdirSync(`/proc/${proxy.pid}/fd`).length);
  }
  const statuses = await Promise.all(flood.map(async ({ status }) => await status));
  const count = (wanted: number): number => statuses.filter((status) => status === wanted).length;
  open.push(readdirSync(`/proc/${proxy.pid}/fd`).length);
  // Tunnels that stand, requests for which no socket to an origin was left, clients beyond the cap: nobody else.
  expect(statuses.filter((status) => ![0, 200, 503].includes(status))).toEqual([]);
  expect(count(503)).toBeGreaterThan(0);
  // Who gets 503 goes at once: on a fast machine there may never be more clients than places. Who says nothing keeps his.
  const silentOnes = Array.from({ length: Number(lowered!['effective']) }, () => connect(proxy.port, '127.0.0.1'));
  let turnedAway = 0;
  for (const one of silentOnes)
    one
      .on('error', () => {})
      .resume()
      .on('close', () => (turnedAway += 1));
  await eventually('some are turned away, and all of them are counted', async () => {
    const all = await proxy.metrics();
    const counted = all.get('cleanfeed_connections_dropped_total{reason="connection_limit"}');
    return turnedAway >= count(200) && counted === count(0) + turnedAway;
  });
  open.push(readdirSync(`/proc/${proxy.pid}/fd`).length);
  expect(Math.max(...open)).toBeLessThan(LIMIT);
  const metrics = await proxy.metrics();
  expect(metrics.get('cleanfeed_upstream_errors_total{reason="fd_limit"}')).toBe(count(503));
  expect(metrics.get('cleanfeed_upstream_errors_total{reason="connect"}')).toBe(0);
  expect(count(200)).toBe(Number(lowered!['upstream']));
  expect(metrics.get('process_max_fds')).toBe(LIMIT);
  const exhausted = await proxy.told('descriptors.exhausted');
  expect(exhausted.every(({ level, code }) => level === 'error' && code === 'none')).toBe(true);

  for (const socket of [...silentOnes, ...flood.map((each) => each.socket)]) socket.destroy();
  await eventually(
    'all of them are gone',
    async () => (await proxy.metrics()).get('cleanfeed_connections{listener="explicit"}') === 0,
  );
  await using client = await rawClient(proxy.port);
  client.request(`http://origin.localhost:${origin.port}/hello`);
  expect((await client.response()).status).toBe(200);
  silent.close();
});

test('an idle connection to an origin makes room for one to another', async () => {
  await using first = await startEchoOrigin();
  await using second = await startEchoOrigin();
  // Room for few sockets to origins: 300 names keep an idle connection each, or would.
  await using proxy = await startProxy({ under: UNDER, config: { workers: 1 } });
  const { upstream } = (await proxy.told('limits.lowered'))[0]!;
  await using client = await rawClient(proxy.port);
  for (let i = 0; i < Number(upstream) * 2; i++) {
    client.request(`http://name${i}.localhost:${(i % 2 === 0 ? first : second).port}/hello`);
    expect((await client.response()).status).toBe(200);
  }
  expect((await proxy.metrics()).get('cleanfeed_upstream_errors_total{reason="fd_limit"}')).toBe(0);
});

// Was a bug: with few descriptors, clients that had posted took all sockets for some seconds, and whoever came got 503.
test('so does one that a client keeps for itself after a request with a body', async () => {
  await using origin = await startEchoOrigin();
  await using proxy = await startProxy({ under: UNDER, config: { workers: 1 } });
  const { upstream } = (await proxy.told('limits.lowered'))[0]!;
  await using clients = new AsyncDisposableStack();
  for (let i = 0; i < Number(upstream) + 10; i++) {
    const client = clients.use(await rawClient(proxy.port));
    client.send(
      `POST http://origin.localhost:${origin.port}/hello HTTP/1.1\r\nHost: origin.localhost\r\nContent-Length: 2\r\n\r\nhi`,
    );
    expect((await client.response()).status).toBe(200);
  }
  expect((await proxy.metrics()).get('cleanfeed_upstream_errors_total{reason="fd_limit"}')).toBe(0);
});
