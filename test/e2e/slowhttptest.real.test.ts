/**
 * The program slowhttptest against the proxy, with short deadlines: slow heads, slow bodies and slow readers are cut off
 * by the deadline that is theirs, nothing of them stays, and meanwhile everybody else is served.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { programPath } from '../support/program-path.ts';
import { describeWith } from '../support/programs.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';
import { SteadyLoad, startEchoOrigin } from '../support/steady-load.ts';

const ATTACKERS = 40;
/** Seconds. The attack itself would go on for longer than the deadlines. */
const ATTACK = ['-c', String(ATTACKERS), '-r', String(ATTACKERS), '-l', '600'];
/** More than sockets can hold. */
const LARGE = Buffer.alloc(16 * 1024 * 1024);

const dropped = (reason: string): string => `cleanfeed_connections_dropped_total{reason="${reason}"}`;

describeWith(['slowhttptest'])('requirement 35: slowhttptest', () => {
  const resources = new Resources();
  let proxy: ProxyProcess;
  let echoPort: number;
  let origin: string;

  beforeAll(async () => {
    const echo = resources.use(await startEchoOrigin());
    echoPort = echo.port;
    const server = createServer((request, response) => {
      response.on('error', () => {});
      if (request.method === 'GET') response.end(LARGE);
      else
        request
          .resume()
          .on('error', () => {})
          .on('end', () => response.end());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    resources.defer(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    origin = `http://origin.localhost:${(server.address() as AddressInfo).port}/`;
    proxy = resources.use(
      await startProxy({
        lists: { own: 'origin.localhost/listed\n' },
        config: { workers: 2, timeouts: { header: 1.5, body: 1.5, firstByte: 10, idle: 10 } },
      }),
    );
  });
  afterAll(async () => await resources.end());

  const attacks = [
    { name: 'slow heads, a field line each second', args: ['-H', '-i', '1'], reason: 'header_timeout' },
    {
      name: 'slow bodies that pause for longer than is allowed',
      args: ['-B', '-i', '5', '-s', '8192', '-t', 'POST'],
      reason: 'body_timeout',
    },
    {
      name: 'slow bodies, a little each second',
      args: ['-B', '-i', '1', '-x', '16', '-s', '8192', '-t', 'POST'],
      reason: 'body_timeout',
    },
    {
      name: 'slow readers with a tiny window',
      args: ['-X', '-n', '1', '-z', '32', '-w', '512', '-y', '1024'],
      reason: 'body_timeout',
    },
  ];
  test.each(attacks)('$name: cut off, and all others are served', async ({ args, reason }) => {
    const before = await proxy.metrics();
    const others = new SteadyLoad({ port: proxy.port, originPort: echoPort, keeping: 3, fresh: 2, pauseMs: 10 });
    const attack = spawn(
      programPath('slowhttptest')!,
      [...args, ...ATTACK, '-u', origin, '-d', `127.0.0.1:${proxy.port}`],
      { stdio: 'ignore' },
    );
    const over = once(attack, 'close');
    try {
      const cut = (metrics: ReadonlyMap<string, number>): number =>
        metrics.get(dropped(reason))! - before.get(dropped(reason))!;
      expect(
        cut(
          await eventually(
            'all attackers are cut off',
            async () => await proxy.metrics(),
            (metrics) => cut(metrics) >= ATTACKERS,
          ),
        ),
      ).toBe(ATTACKERS);
      await others.more(100);
    } finally {
      attack.kill('SIGKILL');
      await Promise.all([over, others.stop()]);
    }
    const { failures, requests } = await others.stop();
    expect(failures).toEqual([]);
    expect(requests).toBeGreaterThan(100);
    expect(
      await eventually(
        'nobody is left',
        async () => (await proxy.metrics()).get('cleanfeed_connections{listener="explicit"}'),
        (open) => open === 0,
      ),
    ).toBe(0);
    const after = await proxy.metrics();
    for (const [name, count] of after)
      if (name.startsWith('cleanfeed_upstream_errors_total')) expect([name, count]).toEqual([name, before.get(name)]);
  });
});
