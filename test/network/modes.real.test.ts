/**
 * What holds in every mode, by the real curl on a customer's machine, with the whole `serve` on the filter's and the real nginx behind
 * it: a listed page is refused and says so, all else is what it is without a filter. A mode is a way to the filter.
 *
 *   explicit     curl ─ its proxy ────────────▶ filter:3128
 *   transparent  curl ─ the origin's address ─▶ edge ─ steers ─▶ filter, tproxy
 *   steered      curl ─ the filter's address in place of the origin's ─▶ filter:80, filter:443
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';
import { startFilter } from './support/inline-filter.ts';
import type { FilterSetup } from './support/inline-filter.ts';
import { ADDRESSES, FAMILIES, type InlineNetwork } from './support/inline-network.ts';
import type { Family } from './support/inline-network.ts';
import { curlOn } from './support/network-curl.ts';
import type { Curled } from './support/network-curl.ts';
import { networkWithSites } from './support/network-with-sites.ts';
import { describeNetwork } from './support/programs.ts';
import { FILES, HOSTS, type Sites } from './support/sites.ts';

const LIST = 'site.example/listed.html\nsite.example/hidden/*\n*.listed.example\n';

interface Way {
  readonly mode: string;
  readonly setup: FilterSetup;
  /** What curl is told. */
  readonly args: (family: Family) => readonly string[];
  readonly steer: (network: InlineNetwork) => Promise<void>;
}

const named = ({ ipv4, ipv6 }: { readonly ipv4: string; readonly ipv6: string }, family: Family): string[] =>
  HOSTS.flatMap((host) =>
    [80, 443].flatMap((port) => ['--resolve', `${host}:${port}:${family === 'ipv4' ? ipv4 : ipv6}`]),
  );

const DNS = { dns: { servers: [`${ADDRESSES.origin.ipv4}:53`] } };
const nothing = async (): Promise<void> => await Promise.resolve();

const WAYS: readonly Way[] = [
  {
    mode: 'explicit',
    setup: {
      listeners: FAMILIES.map((family) => ({
        name: family,
        mode: 'explicit',
        address: ADDRESSES.filter[family],
        port: 3128,
      })),
      upstream: DNS,
      config: { clients: { allow: ['192.0.2.0/24', '2001:db8:1::/48'] } },
    },
    args: (family) => ['-x', `http://${family === 'ipv4' ? ADDRESSES.filter.ipv4 : `[${ADDRESSES.filter.ipv6}]`}:3128`],
    steer: nothing,
  },
  ...(['proxy', 'client'] as const).map((source) => ({
    mode: `transparent, source: ${source}`,
    setup: { source },
    args: (family: Family) => named(ADDRESSES.origin, family),
    steer: async (network: InlineNetwork) => await network.steer({ returns: source === 'client' }),
  })),
  {
    mode: 'steered',
    setup: {
      listeners: [
        {
          name: 'steered',
          mode: 'steered',
          addresses: [ADDRESSES.filter.ipv4, ADDRESSES.filter.ipv6],
          ports: [80, 443],
        },
      ],
      upstream: DNS,
      config: { clients: { allow: ['192.0.2.0/24', '2001:db8:1::/48'] } },
    },
    args: (family) => named(ADDRESSES.filter, family),
    steer: nothing,
  },
];

describeNetwork(['nginx', 'curl', 'unbound'])('every mode', () => {
  const resources = new Resources();
  let network: InlineNetwork;
  let web: Sites;

  beforeAll(async () => {
    ({ network, web } = await networkWithSites(resources));
  });
  afterAll(async () => await resources.end());

  describe.each(WAYS)('$mode', ({ mode, setup, args, steer }) => {
    let proxy: ProxyProcess;
    beforeAll(async () => {
      await network.unsteer();
      proxy = await startFilter(network, { lists: { own: LIST }, ...setup });
      await steer(network);
    });
    afterAll(async () => await proxy.stop());

    describe.each(FAMILIES)('%s', (family) => {
      async function ask(...more: readonly string[]): Promise<Curled> {
        return await curlOn(
          network.machines.client,
          '--cacert',
          web.authority,
          '--path-as-is',
          ...args(family),
          ...more,
        );
      }

      /** The same without the filter. */
      async function direct(...more: readonly string[]): Promise<Curled> {
        const { filter } = network.machines;
        const words = ['--cacert', web.authority, '--path-as-is', ...named(ADDRESSES.origin, family)];
        return await curlOn(filter, ...words, ...more);
      }

      test.each([
        '/listed.html',
        '/listed.html?#x',
        '/./a/../listed.html',
        '/%6cisted.html',
        '//listed.html',
        '/hidden/x',
      ])('a listed page is refused, and says why: %s', async (path) => {
        const { status, body } = await ask(`http://site.example${path}`);
        expect(status).toBe(403);
        expect(body).toContain('Access to this address is refused');
      });

      test.each(['http://listed.example/', 'http://below.listed.example/sibling.html'])(
        'a listed host: %s',
        async (url) => {
          expect((await ask(url)).status).toBe(403);
        },
      );

      test.each(['https://listed.example/', 'https://below.listed.example/sibling.html'])(
        'a listed host behind TLS: %s',
        async (url) => {
          const { exit, status } = await ask(url);
          // By CONNECT there is a status; otherwise an alert.
          expect([exit, status]).toEqual(mode === 'explicit' ? [56, 0] : [35, 0]);
        },
      );

      test.each([
        'http://site.example/sibling.html',
        'http://site.example/listed.html.bak',
        'http://site.example/',
        'http://other.example/listed.html',
        'http://other.example/no/such/page',
        'http://site.example/large.bin',
      ])('passes as it is: %s', async (url) => {
        // nginx does not compress for whoever says that he is a proxy.
        const compressed = mode === 'explicit' ? [] : ['-H', 'Accept-Encoding: gzip'];
        const [filtered, wanted] = [await ask(...compressed, url), await direct(...compressed, url)];
        // In explicit mode fields of the proxy's own are added.
        expect(mode === 'explicit' ? { ...filtered, fields: wanted.fields } : filtered).toEqual(wanted);
        expect(wanted.fields['content-encoding']).toBe(mode === 'explicit' ? undefined : 'gzip');
      });

      test.each(['https://site.example/listed.html', 'https://other.example/large.bin'])(
        'passes behind TLS, with HTTP/2: %s',
        async (url) => {
          const [filtered, wanted] = [await ask('--http2', url), await direct('--http2', url)];
          expect(filtered).toEqual(wanted);
          expect([filtered.version, filtered.body]).toEqual(['2', FILES[url.split('/').at(-1)!]]);
        },
      );

      test('an upload', async () => {
        const body = ['-H', 'Expect:', '--data-binary', `@${web.authority}`, 'http://site.example/sibling.html'];
        const [filtered, wanted] = [await ask(...body), await direct(...body)];
        expect([filtered.status, filtered.body]).toEqual([wanted.status, wanted.body]);
      });
    });
  });
});
