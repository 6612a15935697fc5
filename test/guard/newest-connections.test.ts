/** Whoever holds connections to the guard's own little servers keeps nobody away: neither a Prometheus nor `guard status`. */
import { createServer, get } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { serveReport } from '../../src/guard/endpoint.ts';
import { keepNewest } from '../../src/guard/newest-connections.ts';
import { listening } from '../../src/guard/origin.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { Resources } from '../support/resources.ts';
import { REPORT } from './reports.ts';

let resources = new Resources();
afterEach(async () => {
  await resources.end();
  resources = new Resources();
});

async function silent(port: number, count: number): Promise<Set<Socket>> {
  const open = new Set<Socket>();
  let come = 0;
  for (let i = 0; i < count; i += 1) {
    const socket = connect({ host: '127.0.0.1', port });
    resources.defer(async () => await Promise.resolve(socket.destroy()));
    socket.on('error', () => {}).on('close', () => open.delete(socket));
    socket.resume().on('connect', () => {
      come += 1;
      open.add(socket);
    });
  }
  await eventually('all have come', () => come === count);
  return open;
}

async function statusOf(port: number, path: string): Promise<number | string> {
  return await new Promise((resolve) => {
    get({ host: '127.0.0.1', port, path, agent: false }, (answer) =>
      answer.resume().on('end', () => resolve(answer.statusCode ?? 0)),
    ).on('error', (error) => resolve(error.message));
  });
}

test('one more than there may be, and the oldest is closed', async () => {
  const server = createServer((_, response) => response.end('ok'));
  keepNewest(server, 8);
  const port = await freePort();
  await listening(server, { address: '127.0.0.1', port }, 'test');
  resources.defer(async () => await Promise.resolve(server.closeAllConnections()));
  resources.defer(async () => await Promise.resolve(server.close()));
  const open = await silent(port, 20);
  await eventually('the rest is closed', () => open.size === 8);
  expect(await statusOf(port, '/')).toBe(200);
});

// Was a fault: 32 connections that said nothing kept Prometheus away for seconds, again and again.
test('silent connections keep nobody from the metrics of the guard', async () => {
  const port = await freePort();
  const close = await serveReport({ address: '127.0.0.1', port }, () => REPORT);
  resources.defer(async () => await Promise.resolve(close()));
  await silent(port, 40);
  for (const path of ['/metrics', '/status', '/healthz']) expect(await statusOf(port, path)).toBe(200);
});
