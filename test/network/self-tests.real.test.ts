/** The self-test of an instance that has no explicit listener: through a transparent one wherever it listens, through a steered one, and what each failure says. */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { cleanfeed, endAll } from '../commands/cli-process.ts';
import type { SelfTestReport } from '../../src/observe/control-protocol.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';
import { startFilter, type FilterSetup } from './support/inline-filter.ts';
import { ADDRESSES, InlineNetwork } from './support/inline-network.ts';
import { describeNetwork } from './support/programs.ts';

const PAGE = 'listed.example/bad.html\nhttp://listed.example/test.html test\n';
/** TLS shows no page: it is asked for in the clear. */
const HOST = { text: 'whole.example\n', selfTest: { address: 'https://whole.example/' } };

const EXCEPTION = `listed.example/* reason="an exception" expires=2099-01-01\n`;

const transparent = (address: string, more: object = {}): object => ({
  name: 'inline',
  mode: 'transparent',
  address,
  port: 8080,
  ...more,
});
const STEERED = { name: 'steered', mode: 'steered', addresses: [ADDRESSES.filter.ipv4], ports: [80, 443] };
/** Around the filter's address. */
const NETWORK = `${ADDRESSES.filter.ipv4.replace(/\d+$/, '0')}/24`;
const STEERED_IPV6 = { ...STEERED, addresses: [ADDRESSES.filter.ipv6] };
const BEHIND_A_BALANCER = { proxyProtocol: { from: ['192.0.2.0/24'] } };
const DNS = { name: 'names', mode: 'dns', port: 5300, upstream: ['203.0.113.53'] };

describeNetwork([])('the self-test', () => {
  const resources = new Resources();
  let network: InlineNetwork;

  beforeAll(async () => {
    network = resources.use(await InlineNetwork.create());
    await network.installRules();
  });
  afterEach(endAll);
  afterAll(async () => await resources.end());

  async function results(proxy: ProxyProcess): Promise<readonly unknown[]> {
    const { stdout } = await cleanfeed(['selftest', '-c', proxy.file('cleanfeed.yaml'), '--json']);
    const { selfTests } = JSON.parse(stdout) as { readonly selfTests: readonly SelfTestReport[] };
    await agreesWithCounters(proxy, selfTests);
    return selfTests.map(({ result }) => result);
  }

  /** What a report takes off is what the listener has counted; of what was not refused nothing is taken off. */
  async function agreesWithCounters(proxy: ProxyProcess, selfTests: readonly SelfTestReport[]): Promise<void> {
    if (selfTests.some(({ result }) => result !== 'ok')) return;
    const metrics = [...(await proxy.metrics())];
    for (const verdict of ['pass', 'block', 'refuse', 'error'] as const) {
      const counted = metrics.filter(
        ([name]) => name.startsWith('cleanfeed_requests_total{') && name.includes(`"${verdict}"`),
      );
      const told = selfTests.reduce((sum, { requests }) => sum + requests[verdict], 0);
      expect([verdict, counted.reduce((sum, [, count]) => sum + count, 0)]).toEqual([verdict, told]);
    }
  }

  async function resultsOf(setup: FilterSetup): Promise<readonly unknown[]> {
    const proxy = await startFilter(network, {
      upstream: { dns: { servers: [`${ADDRESSES.origin.ipv4}:53`] } },
      lists: { page: PAGE, host: { ...HOST, status: 451 } },
      ...setup,
    });
    try {
      return await results(proxy);
    } finally {
      await proxy.stop();
    }
  }

  test.each<readonly [string, readonly object[]]>([
    ['on loopback, as in the guide', [transparent('127.0.0.1')]],
    ['on all addresses', [transparent('0.0.0.0')]],
    ['on all addresses of both families', [transparent('::')]],
    ['on an address of this machine', [transparent(ADDRESSES.filter.ipv4)]],
    ['on an IPv6 address of this machine', [transparent(ADDRESSES.filter.ipv6)]],
    ['on IPv6 loopback, beside IPv4', [transparent('::1', { name: 'inline6' }), transparent('127.0.0.1')]],
    ['steered', [STEERED]],
    ['steered, IPv6', [STEERED_IPV6]],
    ['steered, with others refused', [{ ...STEERED, others: 'refuse' }]],
    ['steered behind a balancer', [{ ...STEERED, ...BEHIND_A_BALANCER }]],
    ['beside a DNS front', [DNS, STEERED]],
  ])('%s: a page and a whole host', async (_name, listeners) => {
    expect(await resultsOf({ listeners })).toEqual(['ok', 'ok']);
  });

  test.each<readonly [string, string, FilterSetup]>([
    ['not_blocked', 'an exception, transparent', { listeners: [transparent('127.0.0.1')] }],
    ['not_blocked', 'an exception, steered', { listeners: [STEERED] }],
  ])('%s: %s', async (result, _name, setup) => {
    const allowed = { text: EXCEPTION, action: 'allow' as const };
    const host = { text: 'whole.example reason="x" expires=2099-01-01\n', action: 'allow' as const };
    expect(await resultsOf({ ...setup, lists: { page: PAGE, host: HOST, allowed, host2: host } })).toEqual([
      result,
      result,
    ]);
  });

  test('harmless_refused: a list that refuses everything', async () => {
    const lists = { page: `${PAGE}harmless.cleanfeed.invalid\n` };
    expect(await resultsOf({ lists, listeners: [transparent('127.0.0.1')] })).toEqual(['harmless_refused']);
    expect(await resultsOf({ lists, listeners: [STEERED] })).toEqual(['harmless_refused']);
  });

  test('client_denied: a steered listener that does not serve this machine; a transparent one serves all', async () => {
    const config = { clients: { allow: ['192.0.2.128/25'] } };
    expect(await resultsOf({ config, listeners: [STEERED] })).toEqual(['client_denied', 'client_denied']);
    expect(await resultsOf({ config, listeners: [transparent('127.0.0.1')] })).toEqual(['ok', 'ok']);
  });

  test('no_listener: no address to ask from, a configured address with a port', async () => {
    expect(await resultsOf({ listeners: [transparent('::1')] })).toEqual(['no_listener', 'no_listener']);
    const lists = { own: { text: PAGE, selfTest: { address: 'http://listed.example:8080/test.html' } } };
    expect(await resultsOf({ lists, listeners: [STEERED] })).toEqual(['no_listener']);
  });

  test('a list that marks nothing but addresses with a port is not tested, as no other that has no test address', async () => {
    const lists = { page: 'http://listed.example:80/test.html test\n' };
    expect(await resultsOf({ lists, listeners: [transparent('127.0.0.1')] })).toEqual([]);
    expect(await resultsOf({ lists, listeners: [{ ...STEERED, ports: [443, 80] }] })).toEqual([]);
  });

  test('steered to a network of which this machine has one address, and not the first', async () => {
    expect(await resultsOf({ listeners: [{ ...STEERED, addresses: [NETWORK] }] })).toEqual(['ok', 'ok']);
  });
});
