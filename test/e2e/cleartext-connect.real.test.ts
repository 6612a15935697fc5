/**
 * Cleartext HTTP inside CONNECT, as real clients send it: Node's fetch through a proxy agent (undici), and `ws:` of Chromium. It is
 * judged like any other HTTP, so that port 80 may be in `connect.ports`.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chromium } from 'playwright-core';
import { ProxyAgent, fetch } from 'undici';
import { WebSocketServer } from 'ws';
import { curl } from '../support/curl.ts';
import { endServer } from '../support/ended-server.ts';
import { HANG_BOUND_MS } from '../support/hang-bound.ts';
import { programPath } from '../support/program-path.ts';
import { describeWith } from '../support/programs.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';

const resources = new Resources();
let origin: Server;
let port: number;
let proxy: ProxyProcess;
/** Connections to the origin, and what was asked on them. */
let connections = 0;
const asked: string[] = [];

beforeAll(async () => {
  origin = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    void text(request).then((body) => response.end(`you said ${body}`));
  }).listen(0, '127.0.0.1');
  origin.on('connection', () => (connections += 1));
  const sockets = new WebSocketServer({ server: origin });
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(data)));
  await once(origin, 'listening');
  resources.defer(async () => await endServer(origin, sockets));
  port = (origin.address() as AddressInfo).port;
  proxy = resources.use(
    await startProxy({
      config: { connect: { ports: [port] } },
      lists: { own: 'localhost/listed\n*.listed.localhost\n' },
    }),
  );
});
afterAll(async () => await resources.end());

describe("Node's fetch through a proxy agent", () => {
  async function withAgent<Result>(use: (agent: ProxyAgent) => Promise<Result>): Promise<Result> {
    const agent = new ProxyAgent({ uri: `http://127.0.0.1:${proxy.port}`, proxyTunnel: true, connections: 1 });
    try {
      return await use(agent);
    } finally {
      await agent.close();
    }
  }

  /** On a connection of its own. */
  async function status(path: string, host = 'localhost', body?: string): Promise<string> {
    return await withAgent(async (dispatcher) => {
      const request = body === undefined ? { dispatcher } : { dispatcher, method: 'POST', body };
      const response = await fetch(`http://${host}:${port}${path}`, request);
      return `${response.status} ${(await response.text()).split('\n', 1)[0]}`;
    });
  }

  test('a page that is not listed comes as it is, a listed one is refused and explained', async () => {
    const before = connections;
    expect(await status('/fine')).toBe('200 you said ');
    expect(await status('/fine', 'localhost', 'hello')).toBe('200 you said hello');
    expect(await status('/listed')).toBe('403 Your Internet provider: Access to this address is refused');
    // It had gone through CONNECT, whose host is not listed; the origin was never asked.
    expect(connections - before).toBe(3);
    expect(asked).toEqual(['GET /fine', 'POST /fine']);
  });

  test('a listed host is refused at CONNECT', async () => {
    await expect(status('/', 'a.listed.localhost')).rejects.toThrow('fetch failed');
  });

  test('one connection carries many requests, each judged', async () => {
    const before = connections;
    const statuses = await withAgent(async (dispatcher) => {
      const all: number[] = [];
      for (const path of ['/1', '/2', '/3', '/listed']) {
        const response = await fetch(`http://localhost:${port}${path}`, { dispatcher });
        all.push(response.status);
        await response.text();
      }
      return all;
    });
    expect(statuses).toEqual([200, 200, 200, 403]);
    expect(connections - before).toBe(1);
  });
});

describeWith(['curl'])('curl --proxytunnel', () => {
  test.each([
    ['/fine', 200],
    ['/listed', 403],
  ])('with an offer of HTTP/2, %s: %i', async (path, status) => {
    const options = ['--proxytunnel', '--http2', `http://localhost:${port}${path}`];
    expect(await curl(proxy.port, options)).toMatchObject({ exit: 0, connectStatus: 200, status });
  });

  test('HTTP/1.0 is judged by the host that CONNECT has named where it names none', async () => {
    const options = ['--proxytunnel', '--http1.0', '-H', 'Host:'];
    expect(await curl(proxy.port, [...options, `http://localhost:${port}/listed`])).toMatchObject({ status: 403 });
    expect(await curl(proxy.port, [...options, `http://localhost:${port}/fine`])).toMatchObject({ status: 200 });
  });
});

describeWith(['chromium'])('ws: in Chromium', () => {
  test('opens through CONNECT, and is judged', async () => {
    const browser = await chromium.launch({
      timeout: HANG_BOUND_MS,
      executablePath: programPath('chromium') ?? 'chromium',
      args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'],
      proxy: { server: `http://127.0.0.1:${proxy.port}`, bypass: '<-loopback>' },
    });
    try {
      const page = await browser.newPage();
      page.setDefaultTimeout(HANG_BOUND_MS);
      await page.goto(`http://localhost:${port}/fine`);
      const say = async (path: string): Promise<string> =>
        await page.evaluate(
          async (url) =>
            await new Promise<string>((resolve) => {
              const socket = new WebSocket(url);
              socket.addEventListener('open', () => socket.send('hello'));
              socket.addEventListener('message', ({ data }) => resolve(String(data)));
              socket.addEventListener('error', () => resolve('refused'));
            }),
          `ws://localhost:${port}${path}`,
        );
      expect(await say('/chat')).not.toBe('refused');
      expect(await say('/listed')).toBe('refused');
    } finally {
      await browser.close();
    }
  });
});
