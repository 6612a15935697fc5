/**
 * Requirement 68: a node that is drained loses no connection where a balancer looks every second. The balancer is a real
 * HAProxy that neither sends a request twice nor to another server than it chose first: what is lost shows.
 */
import { expect, test } from '@jest/globals';
import { askControl } from '../../src/commands/control-client.ts';
import { runHaproxy } from '../support/haproxy.ts';
import { describeWith } from '../support/programs.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { startEchoOrigin, SteadyLoad } from '../support/steady-load.ts';

/** The defaults, whatever they are. */
const AS_SHIPPED = { lameDuck: '5s', drain: '30s' };
const LISTS = { own: 'origin.localhost/listed\n' };

/** One look a second at the admin side; two that fail take a server out; one that a busy machine answers late has not failed. */
function balancer(mode: 'http' | 'tcp', nodes: readonly ProxyProcess[]): (port: number) => string {
  const servers = nodes.map(
    ({ port, adminPort }, i) => `  server node${i} 127.0.0.1:${port} check port ${adminPort} inter 1s fall 2 rise 1`,
  );
  return (port) => `
global
  nbthread 1
  maxconn 1000
defaults
  mode ${mode}
  retries 0
  no option redispatch
  timeout connect 5s
  timeout check 1m
  timeout client 1m
  timeout server 1m
frontend clients
  bind 127.0.0.1:${port}
  default_backend nodes
backend nodes
  balance roundrobin
  option httpchk GET /readyz
${servers.join('\n')}
`;
}

async function stop(node: ProxyProcess, how: 'ctl drain' | 'SIGTERM'): Promise<void> {
  if (how === 'SIGTERM') return node.signal('SIGTERM');
  expect(await askControl(node.file('state/control.sock'), { command: 'drain' })).toMatchObject({
    kind: 'reply',
    reply: { ok: true, result: { lameDuckMs: 5000, drainMs: 30_000 } },
  });
}

describeWith(['haproxy'])('a drain behind a balancer that looks once a second', () => {
  test.each([
    { mode: 'http', how: 'ctl drain' },
    { mode: 'tcp', how: 'SIGTERM' },
  ] as const)('HAProxy in mode $mode, $how: no new connection lost, no kept one broken', async ({ mode, how }) => {
    await using origin = await startEchoOrigin();
    const setup = { lists: LISTS, config: { shutdown: AS_SHIPPED } };
    await using first = await startProxy(setup);
    await using second = await startProxy(setup);
    await using haproxy = await runHaproxy(balancer(mode, [first, second]));
    const at = { port: haproxy.port, originPort: origin.port };
    const busy = new SteadyLoad({ ...at, keeping: 6, fresh: 6, pauseMs: 5 });
    const calm = new SteadyLoad({ ...at, keeping: 30, fresh: 0, pauseMs: 1000 });
    await Promise.all([busy.more(200), calm.more(60)]);
    const before = await second.metrics();
    await stop(first, how);
    expect(await first.exited).toEqual({ code: 0, signal: null });
    await Promise.all([busy.more(200), calm.more(60)]);
    const [busyResult, calmResult] = [await busy.stop(), await calm.stop()];
    expect([busyResult.failures, calmResult.failures]).toEqual([[], []]);
    expect([busyResult.retried, calmResult.retried]).toEqual([0, 0]);
    expect(first.logged('process.lame_duck')).toMatchObject([{ durationMs: 5000 }]);
    // The load has gone over to the other node.
    const passed = 'cleanfeed_requests_total{listener="explicit",verdict="pass"}';
    expect((await second.metrics()).get(passed)! - before.get(passed)!).toBeGreaterThan(200);
  });
});
