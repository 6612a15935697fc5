/** WebSocket (package ws) through the proxy: by Upgrade and by CONNECT; judged like any GET first. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WebSocket, WebSocketServer } from 'ws';
import { curl } from '../support/curl.ts';
import { eventually } from '../support/eventually.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { rawClient } from '../support/raw-client.ts';
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
  server.on('connection', (socket, { url }) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    if (url === '/goodbye') socket.close();
  });
  proxy = resources.use(
    await startProxy({
      config: { connect: { ports: [port] } },
      lists: { own: 'localhost/listed\nlisted.localhost\n' },
    }),
  );
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
  const [response, socket]: [{ statusCode: number }, Socket] = (await once(tunnel, 'connect')) as [
    { statusCode: number },
    Socket,
  ];
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
      const [data]: Buffer[] = (await once(socket, 'message')) as Buffer[];
      expect(data!.equals(Buffer.from(message))).toBe(true);
    }
    socket.close(4000, 'done');
    expect((await once(socket, 'close'))[0]).toBe(4000);
  });

  // Was a hole: inside of whatever protocol the origin agreed to, requests went unjudged.
  test('another protocol is not offered, and an origin that switches all the same is not followed', async () => {
    const origin = createServer((socket) => {
      socket.once('data', (head) => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: TLS/1.0\r\n\r\n');
        offered.push(head.toString('latin1'));
        socket.on('data', () => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nlisted page'));
      });
      socket.on('error', () => {});
    });
    const offered: string[] = [];
    await once(origin.listen(0, '127.0.0.1'), 'listening');
    resources.defer(async () => await new Promise((resolve) => origin.close(resolve)));
    const host = `localhost:${(origin.address() as AddressInfo).port}`;
    await using client = await rawClient(proxy.port);
    client.request(`http://${host}/`, { fields: 'Connection: Upgrade\r\nUpgrade: TLS/1.0\r\n' });
    expect((await client.response()).status).toBe(502);
    expect(offered).toHaveLength(1);
    expect(offered[0]).not.toMatch(/upgrade/i);
    client.send('GET /listed HTTP/1.1\r\nHost: localhost\r\n\r\n');
    expect((await client.response()).status).toBe(400);
  });

  test('a listed WebSocket URL gets the refusal', async () => {
    const socket = byUpgrade('localhost', '/listed');
    const [, response]: [unknown, { statusCode: number; resume(): void }] = (await once(
      socket,
      'unexpected-response',
    )) as [unknown, { statusCode: number; resume(): void }];
    response.resume();
    expect(response.statusCode).toBe(403);
    socket.on('error', () => {});
    socket.terminate();
  });

  test('a listed WebSocket URL gets the refusal inside CONNECT, too', async () => {
    const socket = await byConnect('localhost', '/listed');
    const [, response]: [unknown, { statusCode: number; resume(): void }] = (await once(
      socket,
      'unexpected-response',
    )) as [unknown, { statusCode: number; resume(): void }];
    response.resume();
    expect(response.statusCode).toBe(403);
    socket.on('error', () => {});
    socket.terminate();
  });

  // Was a fault: it was refused as another scheme. curl up to 8.20 and WebKitGTK (other-browsers.long.test.ts) send it so.
  test.each([
    { name: 'reaches its server', path: '/goodbye', status: 101 },
    { name: 'is refused where it is listed', path: '/listed', status: 403 },
  ])('a target with ws:, of curl, $name', async ({ path, status }) => {
    const answer = await curl(proxy.port, ['--max-time', '60', `ws://localhost:${port}${path}`]);
    expect(answer.status).toBe(status);
  });

  test("a client that goes away ends the origin's side", async () => {
    const socket = byUpgrade('localhost', '/');
    await once(socket, 'open');
    expect(server.clients.size).toBeGreaterThan(0);
    socket.terminate();
    await eventually('no client is left', () => server.clients.size === 0);
  });
});
