/**
 * Groups of clients where customers know of no filter: each has the lists of his policy, for requests, for TLS and where nobody is named, on
 * one transparent listener for IPv4 and IPv6, whose IPv4 clients the system tells as IPv6 addresses.
 */
import { readFileSync } from 'node:fs';
import { reloadWith } from '../support/reload-with.ts';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { askControl } from '../../src/commands/control-client.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { RawClient } from '../support/raw-client.ts';
import { helloFor } from '../support/reference/made-hello.ts';
import { Resources } from '../support/resources.ts';
import { EchoOrigin } from './support/echo-origin.ts';
import { startFilter } from './support/inline-filter.ts';
import { ADDRESSES, FAMILIES, InlineNetwork, type Family } from './support/inline-network.ts';
import { describeNetwork } from './support/programs.ts';
import { connectFrom } from './support/sockets.ts';
import { startWebOrigin } from './support/web-origin.ts';

const SOURCES = ['proxy', 'client'] as const;
/** Customers by the last number of their address. */
const CUSTOMERS = { other: 10, pupil: 11, line: 12, police: 13 } as const;
type Customer = keyof typeof CUSTOMERS;

const LISTS = {
  national: 'national.example\n',
  // Whoever names nobody is judged by the address.
  school: { text: 'school.example\n203.0.113.11\n[2001:db8:4::11]\n', optIn: true },
};
const of = (...numbers: readonly number[]): string[] =>
  numbers.flatMap((number) => [`192.0.2.${number}`, `2001:db8:1::${number}`]);
const POLICIES = [
  { name: 'schools', clients: ['192.0.2.8/29', '2001:db8:1::/64'], lists: ['national', 'school'] },
  { name: 'lines', clients: of(CUSTOMERS.line), lists: [] },
  { name: 'others', clients: of(CUSTOMERS.other), lists: ['national'] },
];
const EXEMPT = { clients: of(CUSTOMERS.police) };
const NATIONAL = 'national.example';
const SCHOOL = 'school.example';
const CONFIG = {
  policies: POLICIES,
  exempt: EXEMPT,
  workers: 2,
};

describeNetwork(['nginx'])('groups of clients on a transparent listener', () => {
  const resources = new Resources();
  let network: InlineNetwork;

  beforeAll(async () => {
    network = resources.use(await InlineNetwork.create());
    const { client, origin } = network.machines;
    for (const number of [CUSTOMERS.line, CUSTOMERS.police])
      await client.script(`ip address add 192.0.2.${number}/24 dev north
        ip address add 2001:db8:1::${number}/64 dev north nodad preferred_lft 0`);
    resources.use(await startWebOrigin(origin, Object.values(ADDRESSES.origin)));
    const echo = await new EchoOrigin().listen(
      origin,
      Object.values(ADDRESSES.origin2).map((address) => ({ address, port: 443 })),
    );
    resources.use(echo);
    await network.installRules();
  });
  afterAll(async () => await resources.end());

  async function open(from: Customer, family: Family, to: string, port: number): Promise<RawClient> {
    const number = CUSTOMERS[from];
    const address = family === 'ipv4' ? `192.0.2.${number}` : `2001:db8:1::${number}`;
    return new RawClient(
      await connectFrom(network.machines.client, { address: to, port }, { from: { address, port: 0 } }),
    );
  }

  const web = async (from: Customer, family: Family): Promise<RawClient> =>
    await open(from, family, ADDRESSES.origin[family], 80);

  async function status(client: RawClient, host: string): Promise<number> {
    client.send(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    return (await client.response()).status;
  }

  /** Of a connection of its own. */
  async function requested(from: Customer, family: Family, host: string): Promise<number> {
    await using client = await web(from, family);
    return await status(client, host);
  }

  /** What the origin says first, or an alert of ours. */
  async function secured(from: Customer, family: Family, host: string): Promise<string> {
    await using client = await open(from, family, ADDRESSES.origin2[family], 443);
    client.send(helloFor(host));
    const [first] = await client.reader.exactly(1);
    return first === 0x15 ? 'alert' : 'passes';
  }

  async function silent(from: Customer, family: Family): Promise<string> {
    await using client = await open(from, family, ADDRESSES.origin2[family], 443);
    return await client.reader.until('\n').then(
      () => 'passes',
      () => 'reset',
    );
  }

  const all = async (from: Customer, family: Family): Promise<unknown> => ({
    http: [await requested(from, family, NATIONAL), await requested(from, family, SCHOOL)],
    tls: [await secured(from, family, NATIONAL), await secured(from, family, SCHOOL)],
    silent: await silent(from, family),
  });
  const EVERYTHING = { http: [200, 200], tls: ['passes', 'passes'], silent: 'passes' };
  const NATIONAL_ONLY = { http: [403, 200], tls: ['alert', 'passes'], silent: 'passes' };
  const BOTH = { http: [403, 403], tls: ['alert', 'alert'], silent: 'reset' };

  describe.each(SOURCES)('source: %s', (source) => {
    let filter: ProxyProcess;
    const listeners = [{ name: 'inline', mode: 'transparent', address: '::', port: 8080, source }];

    beforeAll(async () => {
      filter = await startFilter(network, { listeners, config: CONFIG, lists: LISTS });
      await network.steer({ returns: source === 'client' });
    });
    afterAll(async () => {
      await network.unsteer();
      await filter[Symbol.asyncDispose]();
    });

    describe.each(FAMILIES)('%s', (family) => {
      test.each([
        { from: 'other', want: NATIONAL_ONLY },
        { from: 'pupil', want: BOTH },
        { from: 'line', want: EVERYTHING },
        { from: 'police', want: EVERYTHING },
      ] as const)('$from', async ({ from, want }) => {
        expect(await all(from, family)).toEqual(want);
      });
    });

    const lists = ['national', 'school'].map((name) => ({ name, source: `./${name}.txt`, optIn: name === 'school' }));

    async function reload(changed: object): Promise<void> {
      const before = JSON.parse(readFileSync(filter.file('cleanfeed.yaml'), 'utf8')) as object;
      await reloadWith(filter, { ...before, ...changed });
    }

    /** Resolves when every worker has looked. */
    async function bypass(seconds: number): Promise<void> {
      const asked = await askControl(filter.file('state/control.sock'), { command: 'bypass', seconds });
      expect(asked).toMatchObject({ kind: 'reply', reply: { ok: true } });
      const want = seconds > 0 ? 200 : 403;
      for (let passed = 0; passed < 20;)
        passed = (await requested('other', 'ipv4', NATIONAL)) === want ? passed + 1 : 0;
    }

    test.each(FAMILIES)('%s: a reload changes the group of a client on a connection that stays', async (family) => {
      await using pupil = await web('pupil', family);
      await using other = await web('other', family);
      await using police = await web('police', family);
      const ask = async (host: string): Promise<number[]> => [
        await status(pupil, host),
        await status(other, host),
        await status(police, host),
      ];
      expect(await ask('site.example')).toEqual([200, 200, 200]);
      await reload({
        // In another order each list has another bit.
        lists: lists.toReversed(),
        exempt: { clients: of(CUSTOMERS.other) },
        policies: [
          { name: 'lines', clients: of(CUSTOMERS.pupil), lists: [] },
          { name: 'schools', clients: of(CUSTOMERS.police), lists: ['school'] },
        ],
      });
      expect(await ask(NATIONAL)).toEqual([200, 200, 200]);
      expect(await ask(SCHOOL)).toEqual([200, 200, 403]);
      await reload({ policies: [], exempt: { clients: [] } });
      expect(await status(pupil, SCHOOL)).toBe(200);
      expect(await status(pupil, NATIONAL)).toBe(403);
      await reload({ lists, policies: POLICIES, exempt: EXEMPT });
      expect(await status(other, SCHOOL)).toBe(200);
      expect(await status(other, NATIONAL)).toBe(403);
    });

    test('a bypass outlasts a reload that changes groups, for all of them, and ends for all of them', async () => {
      await using other = await web('other', 'ipv4');
      expect(await status(other, SCHOOL)).toBe(200);
      await bypass(600);
      await reload({ lists: lists.toReversed(), policies: POLICIES.slice(0, 2) });
      expect(await status(other, NATIONAL)).toBe(200);
      for (const family of FAMILIES) expect(await all('pupil', family)).toEqual(EVERYTHING);
      await bypass(0);
      expect(await status(other, NATIONAL)).toBe(403);
      await reload({ lists, policies: POLICIES });
      for (const family of FAMILIES) expect(await all('pupil', family)).toEqual(BOTH);
    });

    test.each(FAMILIES)(
      '%s: connections of a listener that a reload takes away are judged as before',
      async (family) => {
        await using pupil = await web('pupil', family);
        await using line = await web('line', family);
        await using nobody = await web('police', family);
        for (const client of [pupil, line, nobody]) expect(await status(client, 'site.example')).toBe(200);
        await reload({
          listeners: [{ ...listeners[0], name: 'another', port: 8081 }],
          lists: lists.toReversed(),
          policies: [POLICIES[0], { ...POLICIES[1], lists: ['school'] }],
        });
        expect(await status(nobody, NATIONAL)).toBe(200);
        expect(await status(line, NATIONAL)).toBe(200);
        expect(await status(line, SCHOOL)).toBe(403);
        // No policy: what is left of the listener's own lists.
        await reload({ lists: lists.slice(0, 1), policies: [], exempt: { clients: [] } });
        expect(await status(pupil, SCHOOL)).toBe(200);
        expect(await status(pupil, NATIONAL)).toBe(403);
        expect(await status(nobody, NATIONAL)).toBe(403);
        await reload({ listeners, lists, policies: POLICIES, exempt: EXEMPT });
        expect(await all('pupil', family)).toEqual(BOTH);
      },
    );
  });
});
