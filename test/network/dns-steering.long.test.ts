/**
 * The whole chain by DNS, each part of it real: a customer with curl and Chromium asks the DNS front, which asks the resolver of the ISP, one
 * of four engines; names of suspect hosts lead to the steered listener, and nothing else does. What is listed is refused; its siblings, the
 * host's mail, other hosts, and names that are aliases of the host are as they were without us (requirements 47, 79).
 */
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';
import { eventually } from '../support/eventually.ts';
import { HANG_BOUND_MS } from '../support/hang-bound.ts';
import { programPath } from '../support/program-path.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';
import { Customer } from './support/customer.ts';
import { DNS_PROGRAMS, ENGINES, RESOLVER, startAuthority, startResolver } from './support/dns-programs.ts';
import type { DnsProgram } from './support/dns-programs.ts';
import { startFilter } from './support/inline-filter.ts';
import { ADDRESSES, FAMILIES, InlineNetwork } from './support/inline-network.ts';
import { curlOn } from './support/network-curl.ts';
import { describeNetwork } from './support/programs.ts';
import { FILES, Sites } from './support/sites.ts';

/** Where the names of suspect hosts lead. */
const POOL = { a: ['198.51.100.64/29'], aaaa: ['2001:db8:2:80::/64'] };
const FRONT = ADDRESSES.filter;
/** Of a second resolver, on the machine `far`. */
const SECOND = '198.51.100.34';
const LIST = 'site.example/listed.html steer\n*.listed.example dns\n';
const ZONE = `
site A ${ADDRESSES.origin.ipv4}
site AAAA ${ADDRESSES.origin.ipv6}
site MX 10 mail
site TXT "v=spf1 mx -all"
site CAA 0 issue "authority.example"
site HTTPS 1 . alpn=h2
site SVCB 1 . alpn=h2
_imaps._tcp.site SRV 0 0 993 mail
vanity CNAME site
mail A ${ADDRESSES.origin2.ipv4}
other A ${ADDRESSES.origin2.ipv4}
other AAAA ${ADDRESSES.origin2.ipv6}
other HTTPS 1 . alpn=h2
listed A ${ADDRESSES.origin.ipv4}
below.listed A ${ADDRESSES.origin.ipv4}
`;
const UNTOUCHED = [
  ['site.example', 'MX'],
  ['site.example', 'TXT'],
  ['site.example', 'CAA'],
  ['example', 'SOA'],
  ['_imaps._tcp.site.example', 'SRV'],
  ['vanity.example', 'A'],
  ['vanity.example', 'AAAA'],
  ['vanity.example', 'HTTPS'],
  ['mail.example', 'A'],
  ['other.example', 'A'],
  ['other.example', 'AAAA'],
  ['other.example', 'HTTPS'],
  ['nowhere.example', 'A'],
] as const;
const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

describeNetwork(['nginx', 'curl', 'chromium', ...DNS_PROGRAMS])('steering by DNS', () => {
  const resources = new Resources();
  let network: InlineNetwork;
  let sites: Sites;
  let filter: ProxyProcess;
  let customer: Customer;

  beforeAll(async () => {
    network = resources.use(await InlineNetwork.create());
    const { client, edge, filter: machine, far, origin } = network.machines;
    sites = resources.use(await Sites.start(origin, { hasNames: false }));
    resources.use(await startAuthority(origin, ZONE));
    resources.use(await startResolver(far, 'unbound', [SECOND]));
    const [four, six] = [POOL.a[0]!, POOL.aaaa[0]!];
    await machine.script(`ip -4 route add local ${four} dev lo; ip -6 route add local ${six} dev lo`);
    await edge.script(`ip -4 route add ${four} via ${FRONT.ipv4}; ip -6 route add ${six} via ${FRONT.ipv6}`);
    filter = resources.use(
      await startFilter(network, {
        listeners: [
          ...FAMILIES.map((family) => ({
            name: `dns-${family}`,
            mode: 'dns',
            address: FRONT[family],
            port: 53,
            upstream: [RESOLVER[family], SECOND],
          })),
          // It asks the resolver itself, which does not steer.
          {
            name: 'steered',
            mode: 'steered',
            addresses: [...POOL.a, ...POOL.aaaa],
            ports: [80, 443],
            resolver: [RESOLVER.ipv4, SECOND],
          },
        ],
        lists: { national: { text: LIST, status: 451 } },
        config: {
          resolver: { answers: { block: 'nxdomain', steer: POOL } },
          clients: { allow: ['192.0.2.0/24', '2001:db8:1::/48'] },
          workers: 2,
        },
      }),
    );
    customer = new Customer(client, Object.values(FRONT));
    resources.use(customer);
  });
  afterAll(async () => await resources.end());

  async function curl(...words: readonly string[]): ReturnType<typeof curlOn> {
    return await curlOn(customer, '--cacert', sites.authority, ...words);
  }

  describe.each(ENGINES)('%s', (engine) => {
    let resolver: DnsProgram;

    beforeAll(async () => {
      resolver = await startResolver(network.machines.core, engine);
    });
    afterAll(async () => await resolver[Symbol.asyncDispose]());

    test('A and AAAA of the steered name are addresses of the filter, HTTPS and SVCB are withheld', async () => {
      const [a, aaaa] = await Promise.all(
        (['A', 'AAAA'] as const).map(async (type) => await customer.dig(`@${FRONT.ipv4}`, 'site.example', type)),
      );
      expect(a).toEqual([expect.stringMatching(/^site\.example\. IN A 198\.51\.100\.(?:6[4-9]|7[01])$/)]);
      expect(aaaa).toEqual([expect.stringMatching(/^site\.example\. IN AAAA 2001:db8:2:80:/)]);
      for (const type of ['HTTPS', 'SVCB'])
        expect(await customer.dig(`@${FRONT.ipv6}`, 'site.example', type)).toEqual([]);
    });

    test.each(UNTOUCHED)('%s %s: as the resolver has it', async (name, type) => {
      const direct = await customer.dig(`@${RESOLVER.ipv4}`, name, type);
      for (const words of [[`@${FRONT.ipv4}`], [`@${FRONT.ipv6}`], [`@${FRONT.ipv4}`, '+tcp']])
        expect(await customer.dig(...words, name, type)).toEqual(direct);
      if (name !== 'nowhere.example') expect(direct).not.toEqual([]);
    });

    describe.each(FAMILIES)('%s', (family) => {
      const only = family === 'ipv4' ? '-4' : '-6';

      test('the listed page is refused, its siblings are not, in cleartext and behind TLS', async () => {
        const refused = await curl(only, 'http://site.example/listed.html');
        expect([refused.status, refused.body]).toEqual([451, expect.stringContaining('refused')]);
        for (const path of ['', 'sibling.html', 'listed.html.bak', 'below/page.html', 'large.bin']) {
          const body = FILES[path === '' ? 'index.html' : path];
          for (const scheme of ['http', 'https']) {
            const answer = await curl(only, `${scheme}://site.example/${path}`);
            expect([scheme, path, answer.status, answer.body === body]).toEqual([scheme, path, 200, true]);
          }
        }
        // It has both families, whichever its client has.
        const ours: readonly string[] = Object.values(ADDRESSES.filter);
        await eventually('the filter asked', () => ours.includes(lastClient(sites, 'site.example') ?? ''));
      });

      test('other hosts, and a name that is an alias of the steered host, never come near the filter', async () => {
        for (const url of ['http://other.example/listed.html', 'http://vanity.example/', 'https://vanity.example/'])
          expect((await curl(only, url)).status).toBe(200);
        for (const host of ['other.example', 'vanity.example'])
          await eventually(
            'the client asked',
            () => lastClient(sites, host),
            (address) => address === ADDRESSES.client[family],
          );
      });
    });

    test.each(['listed.example', 'below.listed.example'])(
      '%s has no address, and the answer says why',
      async (host) => {
        const COULD_NOT_RESOLVE = 6;
        expect((await curl(`http://${host}/`)).exit).toBe(COULD_NOT_RESOLVE);
        const printed = await network.machines.client.run('dig', `@${FRONT.ipv4}`, host, 'A');
        expect(printed).toContain('status: NXDOMAIN');
        expect(printed).toContain('EDE: 16');
      },
    );

    test('Chromium shows the refusal in the place of the page, and the page beside it', async () => {
      await using browser = await launch(customer);
      const page = await (await browser.newContext({ ignoreHTTPSErrors: true, locale: 'en-CA' })).newPage();
      page.setDefaultTimeout(HANG_BOUND_MS);
      expect((await page.goto('http://site.example/listed.html'))?.status()).toBe(451);
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(
        'Access to this address is refused for legal reasons',
      );
      expect((await page.goto('http://site.example/'))?.status()).toBe(200);
      expect((await page.goto('https://site.example/sibling.html'))?.status()).toBe(200);
      await expect(page.goto('http://listed.example/')).rejects.toThrow('ERR_NAME_NOT_RESOLVED');
    });

    test('the resolver is killed: names go on through the second one', async () => {
      await resolver.kill();
      for (const name of ['other.example', 'mail.example'])
        expect(await customer.dig(`@${FRONT.ipv4}`, name, 'A')).not.toEqual([]);
      expect((await curl('http://other.example/')).status).toBe(200);
      expect((await curl('http://site.example/listed.html')).status).toBe(451);
    });
  });

  test('a change of the list is in force for names as for pages', async () => {
    writeFileSync(filter.file('national.txt'), `${LIST}other.example/sibling.html steer\n`);
    await eventually('the name leads to the filter', async () =>
      (await customer.dig(`@${FRONT.ipv4}`, 'other.example', 'A')).some((line) =>
        / 198\.51\.100\.(?:6[4-9]|7[01])$/.test(line),
      ),
    );
    expect((await curl('http://other.example/sibling.html')).status).toBe(451);
    expect((await curl('http://other.example/listed.html')).status).toBe(200);
  });
});

/** Whom the origin took for its client at the last request for the host. */
function lastClient(sites: Sites, host: string): string | undefined {
  return sites
    .log()
    .findLast((line) => line.split(' ')[1] === host)
    ?.split(' ')[0];
}

async function launch(customer: Customer): Promise<Browser> {
  const executablePath = customer.script('chromium', programPath('chromium') ?? 'chromium');
  return await chromium.launch({ timeout: HANG_BOUND_MS, executablePath, args: ARGS });
}
