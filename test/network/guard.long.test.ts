/**
 * The guard beside a transparent filter, with the rules that are shipped: real `serve`, real `cleanfeed guard`, real nft, in a network of
 * namespaces. What counts is what a customer gets: a listed page is refused, passes (fail-open), or no connection is to be had (fail-closed).
 */
import { once } from 'node:events';
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { spawnProxy, type ProxyProcess, type ProxySetup } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';
import { EchoClient, EchoOrigin } from './support/echo-origin.ts';
import { guardedConfig } from './support/inline-filter.ts';
import { ADDRESSES, InlineNetwork } from './support/inline-network.ts';
import type { Namespace } from './support/namespace.ts';
import { describeNetwork } from './support/programs.ts';
import { listenOn } from './support/sockets.ts';

const CLI = join(import.meta.dirname, '..', '..', 'src', 'cli.ts');
const HANG_A_WORKER = join(import.meta.dirname, '..', 'support', 'hang-a-worker.cjs');
const PORTS = '{ 80, 443 }';
const PORTS_SET = ['inet', 'cleanfeed', 'ports'];
const REFUSED_SET = ['inet', 'cleanfeed', 'refused_ports'];
const ORIGIN = ADDRESSES.origin.ipv4;

/** As docs/guard.md has them. */
const POLICIES = [
  {
    policy: 'fail-open',
    actions: {
      out: [['nft', 'flush', 'set', 'inet', 'cleanfeed', 'ports']],
      back: [['nft', 'add', 'element', 'inet', 'cleanfeed', 'ports', PORTS]],
    },
    check: ['nft', 'get', 'element', 'inet', 'cleanfeed', 'ports', '{ 80 }'],
    isOut: async (filter: Namespace) => !(await filter.run('nft', 'list', 'set', ...PORTS_SET)).includes('80'),
    outside: '200',
  },
  {
    policy: 'fail-closed',
    actions: {
      out: [['nft', 'add', 'element', 'inet', 'cleanfeed', 'refused_ports', PORTS]],
      back: [['nft', 'flush', 'set', 'inet', 'cleanfeed', 'refused_ports']],
    },
    check: [
      'sh',
      '-c',
      "nft list set inet cleanfeed refused_ports >/dev/null || exit 2; ! nft get element inet cleanfeed refused_ports '{ 80 }' 2>/dev/null >&2",
    ],
    isOut: async (filter: Namespace) => (await filter.run('nft', 'list', 'set', ...REFUSED_SET)).includes('80'),
    outside: '000',
  },
] as const;

interface GuardStatus {
  readonly position: string;
  readonly listeners: readonly { readonly state: string; readonly lastFailure: string | null }[];
}

test('docs/guard.md has these checks', () => {
  const guide = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'guard.md'), 'utf8');
  const shown = (words: readonly string[]): string =>
    words
      .map((word) => (/[ {]/.test(word) ? `"${word}"` : word))
      .join(', ')
      .replaceAll('|', String.raw`\|`);
  for (const { check } of POLICIES) expect(guide).toContain(`| \`[${shown(check)}]\` |`);
});

describeNetwork(['curl'])('the guard in the path', () => {
  const resources = new Resources();
  let network: InlineNetwork;
  let proxy: ProxyProcess;
  let guard: ChildProcess;
  let said = '';

  beforeAll(async () => {
    network = resources.use(await InlineNetwork.create());
    const origin = await listenOn(network.machines.origin, { address: ORIGIN, port: 80 });
    origin.on('connection', (socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok'));
    });
    const echo = await new EchoOrigin().listen(network.machines.origin, [{ address: ORIGIN, port: 443 }]);
    resources.defer(async () => {
      origin.close();
      echo[Symbol.dispose]();
      await Promise.resolve();
    });
  });
  beforeEach(async () => {
    await network.installRules();
    await network.steer();
  });
  afterEach(async () => {
    guard.kill('SIGKILL');
    await once(guard, 'exit');
    proxy.signal('SIGKILL');
    await proxy.exited;
    proxy.forget();
    await network.unsteer();
  });
  afterAll(async () => await resources.end());

  async function begin(
    actions: object,
    {
      listed = `${ORIGIN}/listed\n`,
      guardKeys = {},
      environment = {},
    }: {
      readonly listed?: string | null;
      readonly guardKeys?: object;
      readonly environment?: Readonly<Record<string, string>>;
    } = {},
  ): Promise<void> {
    const setup: ProxySetup = {
      under: network.machines.filter.under,
      environment,
      lists: { own: { text: listed } },
      config: guardedConfig({
        actions,
        timeout: '1s',
        commandTimeout: '20s',
        successes: 3,
        hold: '100ms',
        ...guardKeys,
      }),
    };
    proxy = await spawnProxy(setup);
    guard = network.machines.filter.spawn(process.execPath, CLI, 'guard', '-c', proxy.file('cleanfeed.yaml'));
    said = '';
    guard.stderr!.on('data', (piece: Buffer) => {
      said += String(piece);
    });
    // Until then the rules let customers in or not as they were loaded.
    if (listed !== null) await eventually('the guard has the path', hasPath);
  }

  /** It has put the filter in, or found it in by its check and healthy at its first look: then there is nothing to do. */
  function hasPath(): boolean {
    const wasIn = /"position":"in".*"event":"guard\.started"/.test(said);
    return said.includes('"guard.in_path"') || (wasIn && said.includes('"state":"healthy"'));
  }

  /** What a customer gets for the listed page: 403 within the filter. */
  async function customer(): Promise<string> {
    const options = ['-s', '-o', '/dev/null', '--max-time', '3', '-w', '%{http_code}'];
    return await network.machines.client
      .run('curl', ...options, `http://${ORIGIN}/listed`)
      .catch((error: { readonly stdout?: string }) => error.stdout ?? '');
  }

  async function expectCustomer(status: string): Promise<void> {
    await eventually(`the customer gets ${status}: ${said}`, customer, (got) => got === status);
  }

  describe.each(POLICIES)('$policy', ({ actions, check, isOut, outside }) => {
    test('killed, and started again', async () => {
      await begin(actions);
      await expectCustomer('403');
      proxy.signal('SIGKILL');
      await expectCustomer(outside);
      proxy = await proxy.killAndRestart();
      await expectCustomer('403');
    });

    test('stopped (SIGSTOP), and going on', async () => {
      await begin(actions);
      await expectCustomer('403');
      proxy.signal('SIGSTOP');
      await expectCustomer(outside);
      proxy.signal('SIGCONT');
      await expectCustomer('403');
    });

    // Was so: the rules put the filter back as they were loaded, and customers waited for a dead one.
    test('stopped, and the rules are loaded again: it comes out of the path again', async () => {
      const { filter } = network.machines;
      await begin(actions, { guardKeys: { check } });
      await expectCustomer('403');
      proxy.signal('SIGSTOP');
      await eventually('it is out', async () => await isOut(filter));
      await network.installRules();
      await eventually('it is out again', async () => await isOut(filter));
      await expectCustomer(outside);
      proxy.signal('SIGCONT');
      await expectCustomer('403');
    });

    test('a list that does not load', async () => {
      await begin(actions, { listed: null });
      await expectCustomer(outside);
      writeFileSync(proxy.file('own.txt'), `${ORIGIN}/listed\n`);
      await expectCustomer('403');
    });

    test('one hung worker of two', async () => {
      const hang = join(import.meta.dirname, `hang-${process.pid}`);
      await begin(actions, {
        guardKeys: { partial: '0s' },
        environment: { NODE_OPTIONS: `--require ${HANG_A_WORKER}`, HANG_FILE: hang },
      });
      await expectCustomer('403');
      writeFileSync(hang, '');
      await eventually('it hangs', () => !existsSync(hang));
      await expectCustomer(outside);
      await expectCustomer('403');
    });
  });

  test('flows that began outside of the filter and within it live on when it goes and comes back', async () => {
    const [{ actions }] = POLICIES;
    await begin(actions);
    await expectCustomer('403');
    const to = { address: ORIGIN, port: 443 };
    proxy.signal('SIGSTOP');
    await expectCustomer('200');
    await using outside = await EchoClient.open(network.machines.client, to);
    expect(outside.seenAs.address).toBe(ADDRESSES.client.ipv4);
    proxy.signal('SIGCONT');
    await expectCustomer('403');
    await outside.exchange(100_000);
  });

  test('nobody in between is no answer: without the probe table it is out, however well the page is answered', async () => {
    const [{ actions }] = POLICIES;
    await begin(actions);
    await expectCustomer('403');
    await network.machines.filter.run('nft', 'delete', 'table', 'inet', 'cleanfeed_probe');
    await expectCustomer('200');
    // A probe that comes too late on a busy machine says so, until the next.
    await eventually(
      'the guard says why',
      async (): Promise<GuardStatus> =>
        JSON.parse(await network.machines.filter.run('curl', '-s', 'http://127.0.0.1:9092/status')),
      ({ position, listeners: [inline] }) =>
        position === 'out' && inline?.state === 'down' && inline.lastFailure === 'direct',
    );
  });
});
