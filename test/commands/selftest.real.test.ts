/** `selftest` against the real process: the report, each outcome, and what the instance shows of it. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { InstanceReport } from '../../src/observe/control-protocol.ts';
import { TestRepository } from '../list/source/tuf/test-repository.ts';
import { answerTo, startResolver, startStreamResolver } from '../support/dns-peers.ts';
import { eventually } from '../support/eventually.ts';
import { spawnProxy, startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess, ProxySetup } from '../support/proxy-process.ts';
import { stopProcess } from '../support/stopped-process.ts';
import { reloadWith } from '../support/reload-with.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { cleanfeed, endAll, folderWith, start } from './cli-process.ts';

afterEach(endAll);

const LIST = 'listed.example/bad.html\nlisted.example/selftest.html test\n';

async function selftest(proxy: ProxyProcess, ...more: string[]): ReturnType<typeof cleanfeed> {
  return await cleanfeed(['selftest', '-c', proxy.file('cleanfeed.yaml'), ...more]);
}

async function outcome(
  setup: ProxySetup,
): Promise<{ readonly code: number | null; readonly result: string | undefined }> {
  await using proxy = await startProxy(setup);
  const { code, stdout } = await selftest(proxy, '--json');
  const report = JSON.parse(stdout) as InstanceReport;
  return { code, result: report.selfTests[0]?.result };
}

test('a dated report; metrics and status tell the same; no address is named', async () => {
  await using proxy = await startProxy({
    config: { workers: 2 },
    lists: { national: LIST, own: 'own.example\n', counted: { text: LIST, action: 'count' } },
  });
  // What it says to standard error on a busy machine: that it still waits.
  const { code, stdout } = await selftest(proxy);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Self-test of \d{4}-\d{2}-\d{2}T[\d:.]+Z$/m);
  expect(stdout).toMatch(/^program {8}cleanfeed \d+\.\d+\.\d+, Node v\d+/m);
  expect(stdout).toMatch(/^list {11}national, block, 2 entries$/m);
  expect(stdout).toMatch(/^result {9}ok: the test address is refused as the list wants it/m);
  expect(stdout.match(/^result {9}not tested/gm)).toHaveLength(2);
  expect(stdout.trimEnd().split('\n').at(-1)).toBe('result         passed');
  const metrics = await proxy.metrics();
  expect(metrics.get('cleanfeed_selftest_success{list="national"}')).toBe(1);
  expect(metrics.get('cleanfeed_selftest_success{list="own"}')).toBeUndefined();
  expect(metrics.get('cleanfeed_selftest_total{list="national",result="ok"}')).toBeGreaterThan(0);
  const { body } = await proxy.admin('/status');
  expect(JSON.parse(body)).toMatchObject({ selfTests: [{ list: 'national', result: 'ok', addresses: 1 }] });
  expect(`${stdout}${body}${proxy.stderr}`).not.toMatch(/selftest\.html|listed\.example/);
});

test('it runs on its own, and a failure takes nothing out of service', async () => {
  await using proxy = await startProxy({ lists: { national: LIST } });
  const success = 'cleanfeed_selftest_success{list="national"}';
  await eventually(
    'the first one',
    async () => (await proxy.metrics()).get(success),
    (value) => value === 1,
  );
  expect(await proxy.told('selftest.passed')).toMatchObject([{ list: 'national' }]);
  // The publisher marks an address that an exception undoes.
  await writeFile(proxy.file('national.txt'), 'listed.example/selftest.html test count\n');
  await eventually(
    'the new list',
    async () => (await proxy.status()).generation,
    (generation) => generation === 2,
  );
  expect(await selftest(proxy)).toMatchObject({ code: 1, stdout: expect.stringContaining('result         FAILED') });
  expect((await proxy.metrics()).get(success)).toBe(0);
  expect(await proxy.told('selftest.failed')).toMatchObject([{ list: 'national', reason: 'not_blocked' }]);
  expect((await proxy.admin('/readyz')).status).toBe(200);
});

test.each<{ name: string; result: string; code: number; setup: ProxySetup }>([
  {
    name: 'an address of the configuration, over https',
    result: 'ok',
    code: 0,
    setup: {
      config: {
        lists: [{ name: 'own', source: './own.txt', selfTest: { address: 'https://whole.example/' } }],
      },
      lists: { own: 'whole.example\n' },
    },
  },
  {
    name: 'a listener that does not serve this machine',
    result: 'client_denied',
    code: 1,
    setup: { config: { clients: { allow: ['192.0.2.0/24'] } }, lists: { own: LIST } },
  },
  {
    name: 'a list before it with the same page and the same address',
    result: 'ok',
    code: 0,
    setup: { lists: { first: LIST, second: LIST } },
  },
  {
    name: 'an exception',
    result: 'not_blocked',
    code: 1,
    setup: {
      lists: { own: LIST, allowed: { text: 'listed.example/* reason="x" expires=2099-01-01\n', action: 'allow' } },
    },
  },
  {
    name: 'a list that is applied nowhere',
    result: 'no_listener',
    code: 1,
    setup: { config: { listeners: [{ name: 'a', port: 0, lists: [] }] }, lists: { own: LIST } },
  },
])('$name: $result', async ({ setup, result, code }) => {
  expect(await outcome(setup)).toEqual({ code, result });
});

test('an address that two lists hold, with pages of their own, is refused by both', async () => {
  const lists = { first: LIST, second: { text: LIST, status: 451 as const } };
  await using proxy = await startProxy({ lists });
  expect(await selftest(proxy)).toMatchObject({ code: 0, stdout: expect.stringContaining('result         passed') });
});

test('in a drain nothing is tested, and what was found before is no answer', async () => {
  await using proxy = await startProxy({ lists: { own: LIST }, config: { shutdown: { lameDuck: '60s' } } });
  expect((await selftest(proxy)).code).toBe(0);
  expect((await cleanfeed(['ctl', 'drain', '-c', proxy.file('cleanfeed.yaml')])).code).toBe(0);
  expect(await selftest(proxy)).toMatchObject({ code: 1, stdout: expect.stringContaining('NOTHING WAS TESTED') });
  // Nobody has to wait for balancers that there are not.
  expect((await cleanfeed(['ctl', 'drain', '--now', '-c', proxy.file('cleanfeed.yaml')])).code).toBe(0);
  // A signal while it ends by itself would be another end.
  expect((await proxy.exited).code).toBe(0);
});

describe('of an instance that is asked for names alone', () => {
  const NAMES = 'listed.example dns\nlisted.example/page test\nwhole.example dns test\n';

  async function resultsOf(
    setup: ProxySetup,
    listener: object = {},
    answers?: Parameters<typeof startStreamResolver>[0],
  ): Promise<readonly unknown[]> {
    await using resolver = await startStreamResolver(answers);
    const names = {
      name: 'names',
      mode: 'dns',
      address: '127.0.0.1',
      port: 0,
      upstream: [resolver.server],
      ...listener,
    };
    await using proxy = await startProxy({ ...setup, config: { listeners: [names], ...setup.config } });
    const report = JSON.parse((await selftest(proxy, '--json')).stdout) as InstanceReport;
    return report.selfTests.map(({ list, result }) => `${list}: ${result}`);
  }

  test.each(['nxdomain', 'nodata', { a: ['192.0.2.80'] }])(
    'ok: whatever a refused name is answered with (%j)',
    async (block) => {
      const lists = { own: NAMES, court: { text: 'other.example dns test\n', status: 451 as const } };
      const config = { resolver: { answers: { block } } };
      expect(await resultsOf({ lists, config })).toEqual(['own: ok', 'court: ok']);
    },
  );

  test('ok: an address of the configuration, on all addresses, behind a balancer', async () => {
    const lists = [{ name: 'own', source: './own.txt', selfTest: { address: 'https://whole.example/' } }];
    const setup = { config: { lists }, lists: { own: 'whole.example dns\n' } };
    const proxyProtocol = { from: ['192.0.2.0/24'] };
    expect(await resultsOf(setup)).toEqual(['own: ok']);
    expect(await resultsOf(setup, { address: '0.0.0.0' })).toEqual(['own: ok']);
    expect(await resultsOf(setup, { address: '::' })).toEqual(['own: ok']);
    expect(await resultsOf(setup, { proxyProtocol })).toEqual(['own: ok']);
  });

  test('not_blocked: an exception, an entry that permits no refusal of names', async () => {
    const allowed = { text: 'whole.example reason="x" expires=2099-01-01\n', action: 'allow' as const };
    expect(await resultsOf({ lists: { own: NAMES, allowed } })).toEqual(['own: not_blocked']);
    const lists = [{ name: 'own', source: './own.txt', selfTest: { address: 'https://whole.example/' } }];
    expect(await resultsOf({ config: { lists }, lists: { own: 'whole.example\n' } })).toEqual(['own: not_blocked']);
  });

  test('not_blocked: an exception, of a name that the resolver refuses itself', async () => {
    // With its own reason (RFC 8914), as the front gives one.
    const refusal = (message: Buffer): Buffer[] => [
      Buffer.concat([answerTo(message), Buffer.from([0, 15, 0, 2, 0, 15])]),
    ];
    const allowed = { text: 'whole.example reason="x" expires=2099-01-01\n', action: 'allow' as const };
    expect(await resultsOf({ lists: { own: NAMES, allowed } }, {}, refusal)).toEqual(['own: not_blocked']);
    expect(await resultsOf({ lists: { own: NAMES } }, {}, refusal)).toEqual(['own: ok']);
  });

  test('client_denied, harmless_refused', async () => {
    const clients = { allow: ['192.0.2.0/24'] };
    expect(await resultsOf({ lists: { own: NAMES }, config: { clients } })).toEqual(['own: client_denied']);
    const lists = { own: `${NAMES}*.cleanfeed.invalid dns\n` };
    expect(await resultsOf({ lists })).toEqual(['own: harmless_refused']);
  });

  test('no_listener: a page of the configuration; a list that marks nothing but pages is not tested', async () => {
    const text = 'listed.example/page test\nwhole.example test\n';
    expect(await resultsOf({ lists: { own: text } })).toEqual([]);
    const lists = [{ name: 'own', source: './own.txt', selfTest: { address: 'http://listed.example/page' } }];
    expect(await resultsOf({ config: { lists }, lists: { own: text } })).toEqual(['own: no_listener']);
  });

  test('after a reload that leaves nothing to be tested, nothing is told to be', async () => {
    await using resolver = await startResolver();
    await using proxy = await startProxy({ lists: { own: LIST } });
    expect((await selftest(proxy)).code).toBe(0);
    const names = { name: 'names', mode: 'dns', address: '127.0.0.1', port: 0, upstream: [resolver.server] };
    const before = JSON.parse(await readFile(proxy.file('cleanfeed.yaml'), 'utf8')) as object;
    await reloadWith(proxy, { ...before, listeners: [names] });
    expect(await selftest(proxy)).toMatchObject({ code: 1, stdout: expect.stringContaining('NOTHING WAS TESTED') });
  });

  test('beside a proxy that is the one asked', async () => {
    await using resolver = await startResolver();
    const names = { name: 'names', mode: 'dns', address: '127.0.0.1', port: 0, upstream: [resolver.server] };
    const listeners = [names, { name: 'explicit', port: 0 }];
    expect(await outcome({ config: { listeners }, lists: { own: LIST } })).toEqual({ code: 0, result: 'ok' });
    expect(resolver.asked).toEqual([]);
  });
});

test('a protected list, whose address the clearing house has told; the report names version and digest', async () => {
  using directory = temporaryDirectory();
  const repository = await TestRepository.create(directory.file('repository'));
  writeFileSync(directory.file('root.json'), repository.root());
  writeFileSync(directory.file('node.age'), repository.identity, { mode: 0o600 });
  await repository.publish(['http://listed.example/bad', 'http://listed.example/selftest']);
  const national = {
    name: 'national',
    source: `tuf+file://${repository.folder}`,
    root: directory.file('root.json'),
    identity: directory.file('node.age'),
    selfTest: { address: 'http://listed.example/selftest' },
  };
  await using proxy = await startProxy({ config: { lists: [national] } });
  const { code, stdout } = await selftest(proxy);
  expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringMatching(/^version {8}1, in force since/m) });
  expect(stdout).toMatch(/^content {8}[0-9a-f]{12}, the same on all nodes that serve the same$/m);
  expect(stdout).not.toContain('listed.example');
});

// Was a fault: it said that no list had a test address.
test('an instance that does not serve yet', async () => {
  await using proxy = await spawnProxy({ lists: { national: LIST, missing: { text: null } } });
  const { code, stdout } = await selftest(proxy);
  expect(code).toBe(1);
  expect(stdout.match(/^result .*/gm)).toEqual([
    'result         not tested: no listener is open',
    'result         not tested: no listener is open',
    expect.stringMatching(/NOTHING WAS TESTED: the instance does not serve: .*missing/),
  ]);
});

// Was a fault: it was silent for two minutes.
test('of an instance that stands still it says that it waits', async () => {
  await using proxy = await startProxy({ lists: { national: LIST } });
  await stopProcess(proxy.pid);
  const running = start(['selftest', '-c', proxy.file('cleanfeed.yaml')]);
  await running.line((line) => line.startsWith('cleanfeed: no response for 5 s, still waiting'));
  proxy.signal('SIGCONT');
  expect(await running.ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/^result {9}passed$/m) });
});

test('nothing to test, no instance', async () => {
  await using proxy = await startProxy({ lists: { own: 'own.example\n' } });
  expect(await selftest(proxy)).toMatchObject({ code: 1, stdout: expect.stringContaining('NOTHING WAS TESTED') });
  const cwd = await folderWith({ 'f.yaml': 'state: { directory: ./state }\n' });
  expect(await cleanfeed(['selftest', '-c', join(cwd, 'f.yaml')], { cwd })).toMatchObject({ code: 69, stdout: '' });
});
