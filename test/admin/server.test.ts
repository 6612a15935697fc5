import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from '@jest/globals';
import { startAdmin } from '../../src/admin/server.ts';
import type { Admin } from '../../src/admin/server.ts';
import { DEADLINES } from '../../src/lib/deadlines.ts';
import { ListenError } from '../../src/lib/errors.ts';
import type { ControlView } from '../../src/observe/control-view.ts';
import { stretched } from '../support/stretched.ts';
import { adminSources } from './sources.ts';

const POST = 'POST /explain HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n';

const running: Admin[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map(async (admin) => await admin.close()));
});

async function start(overrides: Partial<ControlView> = {}, port = 0): Promise<Admin> {
  const admin = await startAdmin(
    { address: '127.0.0.1', port, hosts: ['filter.isp.example'] },
    adminSources(overrides),
  );
  running.push(admin);
  return admin;
}

interface Reply {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

async function ask(admin: Admin, path: string, options: { method?: string; host?: string } = {}): Promise<Reply> {
  const request = httpRequest({
    host: admin.address,
    port: admin.port,
    path,
    method: options.method ?? 'GET',
    headers: options.host === undefined ? {} : { host: options.host },
  });
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  request.on('error', reject);
  request.on('response', (response) => {
    void text(response).then(
      (body) => resolve({ status: response.statusCode, headers: response.headers, body }),
      reject,
    );
  });
  request.end();
  return await promise;
}

/** What a raw socket gets back until the server closes. */
async function raw(admin: Admin, bytes: string): Promise<string> {
  const socket = connect(admin.port, admin.address);
  socket.write(bytes);
  return await text(socket);
}

describe('admin', () => {
  test('/healthz answers even when nothing is ready', async () => {
    const admin = await start({ notReady: () => ['list main has not loaded yet'] });
    expect(await ask(admin, '/healthz')).toMatchObject({ status: 200, body: 'ok\n' });
  });

  test('/readyz is 200 when ready', async () => {
    const reply = await ask(await start(), '/readyz');
    expect(reply.status).toBe(200);
    expect(JSON.parse(reply.body)).toEqual({ ready: true, reasons: [], draining: false, bypass: false });
  });

  test('/readyz is 503 with the reasons', async () => {
    const reply = await ask(await start({ notReady: () => ['list main has not loaded yet'] }), '/readyz');
    expect(reply.status).toBe(503);
    expect(JSON.parse(reply.body)).toMatchObject({ ready: false, reasons: ['list main has not loaded yet'] });
  });

  test('/readyz tells the guard of a drain and of bypass', async () => {
    const view = { notReady: () => ['draining'], draining: () => true, bypass: () => true };
    const reply = await ask(await start(view), '/readyz');
    expect(JSON.parse(reply.body)).toEqual({ ready: false, reasons: ['draining'], draining: true, bypass: true });
  });

  test('/metrics is the text exposition format', async () => {
    const reply = await ask(await start(), '/metrics');
    expect(reply.status).toBe(200);
    expect(reply.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(reply.body).toContain('cleanfeed_list_generation 7\n');
  });

  test('/status is JSON', async () => {
    const reply = await ask(await start(), '/status?pretty');
    expect(reply.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(JSON.parse(reply.body)).toMatchObject({
      version: '1.2.3',
      now: '2026-11-01T12:00:00.000Z',
      uptimeSeconds: 3600,
      ready: true,
      bypass: false,
      generation: 7,
      workers: [
        { worker: 0, generation: 7 },
        { worker: 1, generation: 6 },
      ],
      listeners: [{ name: 'explicit', mode: 'explicit', address: '127.0.0.1', port: 3128 }],
      recent: {
        rates: { passed: 0, blocked: 0, refused: 0, errors: 0 },
        addedSeconds: { p50: null, p99: null },
        connections: 0,
        upstreamErrors: {},
        dropped: {},
      },
      lists: [
        {
          name: 'main',
          action: 'block',
          loaded: true,
          entries: 3,
          currentAt: '2026-11-01T11:58:29.500Z',
          lastError: 'line 7: not a host',
        },
        { name: 'own', loaded: false, currentAt: null, lastError: null },
      ],
    });
  });

  test.each(['/', '/status.js', '/healthz', '/readyz', '/metrics', '/status', '/history', '/nothing'])(
    '%s: not stored, not sniffed, the connection closed',
    async (path) => {
      const { headers } = await ask(await start(), path);
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        connection: 'close',
      });
    },
  );

  test.each(['/', '/healthz', '/readyz', '/metrics', '/history'])(
    'HEAD %s has the fields of GET and no body',
    async (path) => {
      const admin = await start();
      const [get, head] = [await ask(admin, path), await ask(admin, path, { method: 'HEAD' })];
      const { date: _getDate, ...getFields } = get.headers;
      const { date: _headDate, ...headFields } = head.headers;
      expect(headFields).toEqual(getFields);
      expect(head.body).toBe('');
    },
  );

  test.each([
    { name: 'unknown path', path: '/nothing', method: 'GET', status: 404 },
    { name: 'a section that no line names', path: '/runbook/install', method: 'GET', status: 404 },
    { name: 'POST to the page', path: '/', method: 'POST', status: 405 },
    { name: 'a file beside the page', path: '/status.html', method: 'GET', status: 404 },
    { name: 'a way out of the page', path: '/../server.ts', method: 'GET', status: 404 },
    { name: 'absolute form', path: 'http://127.0.0.1/status', method: 'GET', status: 404 },
    { name: 'a name of Object.prototype', path: '/constructor', method: 'GET', status: 404 },
    { name: 'POST', path: '/status', method: 'POST', status: 405 },
    { name: 'DELETE', path: '/metrics', method: 'DELETE', status: 405 },
    { name: 'OPTIONS', path: '/healthz', method: 'OPTIONS', status: 405 },
  ])('$name: $status', async ({ path, method, status }) => {
    const reply = await ask(await start(), path, { method });
    expect(reply.status).toBe(status);
    expect(reply.headers.allow).toBe(status === 405 ? 'GET, HEAD' : undefined);
  });

  test('a section of the guide, for each line that needs attention', async () => {
    const admin = await start();
    const { attention } = JSON.parse((await ask(admin, '/status')).body) as {
      readonly attention: readonly { readonly code: string; readonly runbook: string; readonly since: string }[];
    };
    expect(attention.length).toBeGreaterThan(2);
    for (const { code, runbook } of attention) {
      const reply = await ask(admin, `/runbook/${runbook.replace('operations.md#', '')}`);
      expect({ code, status: reply.status }).toEqual({ code, status: 200 });
      expect(reply.headers['content-type']).toBe('text/plain; charset=utf-8');
      expect(reply.body).toMatch(/^#{2,3} \S/);
    }
    // What it shows, it says to ctl too.
    expect(admin.attention()).toEqual(attention);
  });

  test('a rebound name is refused and learns nothing', async () => {
    const reply = await ask(await start(), '/status', { host: 'rebind.example:9090' });
    expect(reply).toMatchObject({
      status: 421,
      body: 'this name is not served here: use the IP address, or name it in admin.hosts\n',
    });
  });

  test('a name of admin.hosts is served', async () => {
    expect(await ask(await start(), '/healthz', { host: 'Filter.ISP.example:9090' })).toMatchObject({ status: 200 });
  });

  test('a fault inside is a 500 without details; the instance is given path and error', async () => {
    const fault = new Error('secret');
    const notReady = (): never => {
      throw fault;
    };
    const faults: [string, unknown][] = [];
    const admin = await startAdmin(
      { address: '127.0.0.1', port: 0, hosts: [] },
      { ...adminSources({ notReady }), onError: (path, error) => faults.push([path, error]) },
    );
    running.push(admin);
    expect(await ask(admin, '/readyz?x')).toMatchObject({ status: 500, body: 'internal fault\n' });
    expect(faults).toEqual([['/readyz', fault]]);
  });

  test('one request a connection: what is pipelined behind it is not answered', async () => {
    const get = 'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n';
    const answers = await raw(await start(), get + get);
    expect(answers.split('HTTP/1.1 200').length - 1).toBe(1);
  });

  test.each([
    {
      name: 'a head beyond the limit',
      bytes: `GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ${'x'.repeat(10_000)}\r\n\r\n`,
      status: 431,
    },
    { name: 'no HTTP at all', bytes: '\u0016\u0003\u0001\u0000\r\n\r\n', status: 400 },
  ])('$name: $status', async ({ bytes, status }) => {
    expect(await raw(await start(), bytes)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });

  test('a port in use is an error that names address, port and key', async () => {
    const { port } = await start();
    const failure = await start({}, port).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ListenError);
    expect(failure).toMatchObject({
      key: 'admin.port',
      code: 'address_in_use',
      side: 'config',
      message: expect.stringContaining(`127.0.0.1:${port} is in use (admin.port): set admin.port to a free port`),
    });
  });

  // Who comes when it is over already is reset, on a busy machine.
  test.each([
    { name: 'half of a head', own: { headMs: 50 }, says: 'GET /healthz HTTP/1.1\r\nHo', answer: 'HTTP/1.1 408 ' },
    {
      name: 'half of a body',
      own: { headMs: 50, requestMs: 50 },
      says: `${POST}Content-Length: 9\r\n\r\n{`,
      answer: 'HTTP/1.1 408 ',
    },
    { name: 'nothing at all', own: { idleMs: 50 }, says: '', answer: '' },
  ])('whoever says $name is waited for no longer than $own', async ({ own, says, answer }) => {
    const deadlines = { ...stretched(DEADLINES.admin), lookMs: 20, ...own };
    const admin = await startAdmin({ address: '127.0.0.1', port: 0, hosts: [] }, { ...adminSources(), deadlines });
    running.push(admin);
    expect(['', answer]).toContain((await raw(admin, says).catch(() => '')).slice(0, 13));
  });

  test('closing ends what is open', async () => {
    const admin = await start();
    const socket = connect(admin.port, admin.address);
    await once(socket, 'connect');
    const closed = once(socket, 'close');
    socket.on('error', () => {});
    await admin.close();
    await closed;
    expect(socket.destroyed).toBe(true);
  });
});
