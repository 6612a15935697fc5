/** WebSocket (package ws) through the proxy: by Upgrade and by CONNECT; judged like any GET first. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WebSocket, WebSocketServer } from 'ws';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';

const LARGE = randomBytes(4 * 1024 * 1024);

const resources = new Resources();
let server: WebSocketServer;
let port: number;
let proxy: ProxyProcess;

beforeAll(async () => {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  resources.defer(async () => await new Promise((resolve) => server.close(resolve)));
  port = (server.address() as AddressInfo).port;
  server.on('connection', (socket) => socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })));
  proxy = resources.use(await startProxy({ config: { connect: { ports: [port] } }, lists: { own: 'localhost/listed\nlisted.localhost\n' } }));
});
afterAll(async () => await resources.end());

/** In absolute-form, as a client does that is told to use a proxy for `ws:`. */
function byUpgrade(host: string, path: string): WebSocket {
  return new WebSocket(`ws://${host}:${port}${path}`, {
    createConnection: () => connect(proxy.port, '127.0.0.1'),
    finishRequest: (upgrade) => {
      upgrade.path = `http://${host}:${port}${path}`;
      upgrade.end();
    },
  });
}

async function byConnect(host: string, path: string): Promise<WebSocket> {
  const tunnel = request({ host: '127.0.0.1', port: proxy.port, method: 'CONNECT', path: `${host}:${port}` });
  tunnel.end();
  const [response, socket]: [{ statusCode: number }, Socket] = await once(tunnel, 'connect') as [{ statusCode: number }, Socket];
  expect(response.statusCode).toBe(200);
  return new WebSocket(`ws://${host}:${port}${path}`, { createConnection: () => socket });
}

describe('WebSocket', () => {
  test.each([
    { name: 'by Upgrade', open: () => Promise.resolve(byUpgrade('localhost', '/chat?x=1')) },
    { name: 'by CONNECT', open: async () => await byConnect('localhost', '/chat?x=1') },
  ])('$name: messages come back as they were', async ({ open }) => {
    const socket = await open();
    await once(socket, 'open');
    for (const message of ['hello', 'é'.repeat(1000), LARGE]) {
      socket.send(message);
      const [data]: Buffer[] = await once(socket, 'message') as Buffer[];
      expect(data!.equals(Buffer.from(message))).toBe(true);
    }
    socket.close(4000, 'done');
    expect((await once(socket, 'close'))[0]).toBe(4000);
  });

  test('a listed WebSocket URL gets the refusal', async () => {
    const socket = byUpgrade('localhost', '/listed');
    const [, response]: [unknown, { statusCode: number; resume(): void }] = await once(socket, 'unexpected-response') as [unknown, { statusCode: number; resume(): void }];
    response.resume();
    expect(response.statusCode).toBe(403);
    socket.on('error', () => {});
    socket.terminate();
  });

  test('a client that goes away ends the origin\'s side', async () => {
    const socket = byUpgrade('localhost', '/');
    await once(socket, 'open');
    socket.terminate();
    const [closed] = [...server.clients];
    if (closed !== undefined) await once(closed, 'close');
    expect(server.clients.size).toBe(0);
  });
});
