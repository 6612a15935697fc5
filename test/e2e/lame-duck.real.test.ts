/** Requirement 68: a node that is drained says so, and serves whoever comes until balancers have noticed. Beside a balancer: drain-behind-balancer.long.test.ts. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { askControl } from '../../src/commands/control-client.ts';
import { eventually } from '../support/eventually.ts';
import { startOrigin } from '../support/origin.ts';
import type { Origin } from '../support/origin.ts';
import { portAccepts } from '../support/port-accepts.ts';
import { spawnProxy, startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { rawClient } from '../support/raw-client.ts';
import { Resources } from '../support/resources.ts';

const LISTS = { own: 'origin.localhost/listed\n' };
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok';

describe('a lame duck', () => {
  const resources = new Resources();
  let origin: Origin;
  let url: string;

  beforeAll(async () => {
    origin = resources.use(await startOrigin());
    url = `http://localhost:${origin.port}/`;
  });
  afterAll(async () => await resources.end());

  const limping = async (): Promise<ProxyProcess> =>
    await startProxy({
      lists: LISTS,
      config: { connect: { ports: [origin.port] }, shutdown: { lameDuck: '10m', drain: '60s' } },
    });
  const isLame = async (proxy: ProxyProcess): Promise<void> => void (await proxy.told('process.lame_duck'));

  test('is not ready, serves who comes and whom it has, and closes after the answer; tunnels and downloads go on', async () => {
    await using proxy = await limping();
    await using kept = await rawClient(proxy.port);
    await using tunnel = await rawClient(proxy.port);
    tunnel.send(`CONNECT localhost:${origin.port} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    await tunnel.response({ bodiless: true });
    const far = await origin.connection();
    kept.request('http://origin.localhost/listed');
    expect((await kept.response()).fields.get('connection')).toBeUndefined();
    expect((await proxy.admin('/readyz')).status).toBe(200);
    proxy.signal('SIGTERM');
    await isLame(proxy);
    expect(await proxy.admin('/readyz')).toMatchObject({ status: 503, body: expect.stringContaining('draining') });
    expect((await proxy.admin('/healthz')).status).toBe(200);
    await using fresh = await rawClient(proxy.port);
    for (const client of [kept, fresh]) {
      client.request(url);
      const server = await origin.connection();
      await server.head();
      server.send(OK);
      const { status, fields } = await client.response();
      expect([status, fields.get('connection')]).toEqual([200, 'close']);
      expect(await client.reader.ended()).toBe('fin');
    }
    await using refused = await rawClient(proxy.port);
    refused.request('http://origin.localhost/listed');
    expect(await refused.response()).toMatchObject({ status: 403 });
    far.send('still here');
    expect((await tunnel.reader.exactly(10)).toString()).toBe('still here');
    expect(proxy.hasEnded).toBe(false);
    expect(await askControl(proxy.file('state/control.sock'), { command: 'drain', now: true })).toMatchObject({
      reply: { ok: true, result: { lameDuckMs: 0 } },
    });
    await eventually('the listener is closed', async () => !(await portAccepts(proxy.port)));
    // The drain has its own time.
    far.send('and here');
    expect((await tunnel.reader.exactly(8)).toString()).toBe('and here');
    far.socket.destroy();
    await tunnel[Symbol.asyncDispose]();
    expect(await proxy.exited).toEqual({ code: 0, signal: null });
  });

  test('leaves an idle connection until its next request, and closes it when nobody new is let in any more', async () => {
    await using proxy = await limping();
    await using idle = await rawClient(proxy.port);
    await using other = await rawClient(proxy.port);
    for (const client of [idle, other]) {
      client.request('http://origin.localhost/listed');
      await client.response();
    }
    proxy.signal('SIGTERM');
    await isLame(proxy);
    // Longer than an idle connection has once the listeners are closed.
    await new Promise((resolve) => setTimeout(resolve, 2500));
    other.request('http://origin.localhost/listed');
    expect((await other.response()).fields.get('connection')).toBe('close');
    proxy.signal('SIGTERM');
    expect(await idle.reader.ended()).toBe('fin');
    expect(await proxy.exited).toEqual({ code: 0, signal: null });
  });

  test.each([
    { signals: ['SIGINT'], name: 'Ctrl-C does without' },
    { signals: ['SIGTERM', 'SIGTERM'], name: 'a second SIGTERM ends it' },
    { signals: ['SIGTERM', 'SIGINT'], name: 'so does Ctrl-C' },
  ] as const)('$name: drained, exit 0', async ({ signals }) => {
    await using proxy = await limping();
    const [first, ...others] = signals;
    proxy.signal(first);
    for (const signal of others) {
      const [line] = await proxy.told('process.lame_duck');
      await proxy.signalAfter(line!, signal);
    }
    expect(await proxy.exited).toEqual({ code: 0, signal: null });
    expect(proxy.logged('process.lame_duck')).toHaveLength(others.length);
  });

  test('is not, where nobody listens yet: there is nothing to wait for', async () => {
    await using proxy = await spawnProxy({ lists: { own: { text: null } }, config: { shutdown: { lameDuck: '10m' } } });
    await eventually('it says what is missing', () => proxy.logged('process.not_ready').length === 1);
    proxy.signal('SIGTERM');
    expect(await proxy.exited).toEqual({ code: 0, signal: null });
    expect(proxy.logged('process.lame_duck')).toEqual([]);
  });
});
