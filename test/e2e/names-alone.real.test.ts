/** An instance that only answers names, as its operator sees it: each place that told of requests alone was empty. */
import type { AttentionReport } from '../../src/observe/control-protocol.ts';
import { afterEach, expect, test } from '@jest/globals';
import { cleanfeed, endAll } from '../commands/cli-process.ts';
import type { RecentTraffic } from '../../src/admin/history.ts';
import type { Report } from '../../src/observe/control-protocol.ts';
import { answerTo, DnsClient, startResolver, startStreamResolver } from '../support/dns-peers.ts';
import { queryBytes } from '../support/dns-queries.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { startProxy } from '../support/proxy-process.ts';

afterEach(endAll);

test('status, limits, what needs attention and the report tell of its questions', async () => {
  await using streams = await startStreamResolver((message) => [answerTo(message)]);
  await using resolver = await startResolver((message) => (message.includes('silent') ? [] : [answerTo(message)]), {
    port: streams.port,
  });
  const listener = { name: 'dns', mode: 'dns', address: '127.0.0.1', port: 0, upstream: [resolver.server] };
  await using proxy = await startProxy({
    lists: { own: 'listed.example dns test\n' },
    config: { listeners: [listener], resolver: { front: { timeout: '500ms' } } },
  });
  const said = async (...args: string[]): Promise<string> =>
    (await cleanfeed([...args, '-c', proxy.file('cleanfeed.yaml')])).stdout;
  await proxy.told('selftest.passed');
  const tested = (await proxy.status()).selfTests[0]?.questions;
  expect(tested).toEqual({ pass: 1, block: 1 });

  await using client = await DnsClient.of(proxy.port);
  for (let id = 0; id < 12; id++) {
    await client.ask(queryBytes({ id, name: 'listed.example' }));
    await client.ask(queryBytes({ id, name: `n${id}.harmless.example` }));
  }
  for (let id = 0; id < 6; id++) client.send(queryBytes({ id, name: `silent${id}.example` }));
  await eventually(
    'nobody has answered',
    async () => (await proxy.metrics()).get('cleanfeed_dns_upstream_errors_total{reason="timeout"}'),
    (count) => count === 6,
  );

  const screen = await said('ctl', 'status');
  expect(screen).toMatch(/^questions {7}pass 19, block 13$/m);
  expect(screen).toMatch(/^resolver errors timeout 6$/m);
  expect(screen).toMatch(/^questions lost {2}none$/m);
  const limits = await said('ctl', 'limits');
  expect(limits).toMatch(/^questions +0 wait for a resolver, of 16384 /m);
  expect(limits).toMatch(/^questions lost client_limit +0 since the start/m);
  const status = (await proxy.status()) as Awaited<ReturnType<typeof proxy.status>> & {
    readonly recent: RecentTraffic;
    readonly attention: readonly AttentionReport[];
  };
  expect(status.recent.questions).toMatchObject({ resolverErrors: { timeout: 6 }, dropped: {}, inFlight: 0 });
  expect(status.attention.map(({ text }) => text)).toEqual([
    'no resolver answers: 6 questions for names in the last minute',
    'listener dns: a resolver behind it does not answer',
  ]);
  const { total } = JSON.parse(await said('report', '--json')) as Report;
  expect(total.questions).toMatchObject({ pass: 15, block: 10, steer: 0 });
  expect(await said('report')).toMatch(/^total +15 +10 +0 +0 +0 +0 +0$/m);
});

// Was a fault: it printed a token, and how to ask a proxy that there is not.
test('a trace is refused where no listener is explicit', async () => {
  const addresses = ['127.0.0.1'];
  const listeners = [{ name: 'steered', mode: 'steered', addresses, ports: [await freePort('127.0.0.1')] }];
  await using proxy = await startProxy({ config: { listeners, trace: { clients: ['127.0.0.0/8'] } } });
  const on = ['ctl', 'trace', 'on', '--client', '127.0.0.1', '--for', '1m'];
  expect(await cleanfeed([...on, '-c', proxy.file('cleanfeed.yaml')])).toMatchObject({
    code: 64,
    stdout: '',
    stderr: expect.stringContaining('no listener of this instance is explicit') as unknown,
  });
  expect(proxy.logged('trace.enabled')).toEqual([]);
});

test('one that has no DNS listener says nothing of questions', async () => {
  await using proxy = await startProxy();
  const said = async (...args: string[]): Promise<string> =>
    (await cleanfeed([...args, '-c', proxy.file('cleanfeed.yaml')])).stdout;
  expect(await said('ctl', 'status')).not.toContain('questions');
  expect(await said('ctl', 'limits')).not.toMatch(/^questions/m);
  expect(await said('report')).not.toContain('questions for names');
});
