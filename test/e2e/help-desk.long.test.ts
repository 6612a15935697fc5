/**
 * What a customer sees when a page is refused, in real browsers, for each way in which the filter refuses: the words that docs/help-desk.md quotes, and
 * its pictures, which UPDATE_SCREENSHOTS=1 makes anew.
 *
 *   PAC file ─┬─ www.listed.example ──────▶ explicit listener: the page (HTTP), a refused CONNECT (HTTPS)
 *             ├─ alert.listed.example ────▶ steered listener: TLS alert
 *             ├─ reset.listed.example ────▶ steered listener of another instance: reset
 *             └─ named.listed.example ────▶ resolv.conf ─▶ DNS listener: no such name
 */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from '@jest/globals';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';
import { startDnsServer } from '../support/dns-server.ts';
import { eventually } from '../support/eventually.ts';
import { Firefox } from '../support/firefox.ts';
import { freePort } from '../support/free-port.ts';
import { HANG_BOUND_MS } from '../support/hang-bound.ts';
import { programPath } from '../support/program-path.ts';
import { describeWith, testAsRoot } from '../support/programs.ts';
import { startProxy } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { MINI_BROWSER, WebKit } from '../support/webkit.ts';

const ROOT = join(import.meta.dirname, '../..');
const PICTURES = join(ROOT, 'docs/images/help-desk');
const GUIDE = readFileSync(join(ROOT, 'docs/help-desk.md'), 'utf8');
const SIZE = { width: 800, height: 520 };
/** Of loopback, and of this run alone; port 53 is for root alone. */
const DNS_ADDRESS = `127.53.${(process.pid >> 8) & 255}.${process.pid & 255}`;
const QUIET = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--host-resolver-rules=MAP alert.listed.example 127.0.0.1, MAP reset.listed.example 127.0.0.1',
];

/** A way of refusing, and what a browser has to say of it: its heading or first words, and its code where it shows one. */
interface Refusal {
  readonly name: 'page' | 'error' | 'connect' | 'alert' | 'reset' | 'nxdomain';
  readonly chromium: readonly string[];
  readonly firefox: readonly string[];
  readonly webkit: readonly string[];
}

const REFUSALS: readonly Refusal[] = [
  {
    name: 'page',
    chromium: ['Access to this address is refused'],
    firefox: ['Access to this address is refused'],
    webkit: ['Access to this address is refused'],
  },
  {
    name: 'error',
    chromium: ['This destination is not allowed', '403 destination_denied'],
    firefox: ['This destination is not allowed', '403 destination_denied'],
    webkit: ['This destination is not allowed', '403 destination_denied'],
  },
  {
    name: 'connect',
    chromium: ['ERR_TUNNEL_CONNECTION_FAILED'],
    firefox: ['The proxy server is refusing connections'],
    webkit: [],
  },
  {
    name: 'alert',
    chromium: ['ERR_SSL_UNRECOGNIZED_NAME_ALERT'],
    firefox: ['SSL_ERROR_UNRECOGNIZED_NAME_ALERT'],
    webkit: ['The server name sent was not recognized'],
  },
  {
    name: 'reset',
    chromium: ['ERR_CONNECTION_RESET'],
    firefox: ['PR_CONNECT_RESET_ERROR'],
    webkit: ['Connection reset by peer'],
  },
  {
    name: 'nxdomain',
    chromium: ['DNS_PROBE_FINISHED_NXDOMAIN'],
    firefox: ['Server Not Found'],
    webkit: ['Name or service not known'],
  },
];

/** On a busy machine Chromium's own question, whether names are found at all, has no answer in time: it says so, and does not ask again. */
function isLate(shown: string): boolean {
  return /DNS_PROBE_FINISHED_(?!NXDOMAIN)|ERR_(?:NAME_NOT_RESOLVED|(?:DNS_)?TIMED_OUT)/.test(shown);
}

describeWith(['chromium', 'firefox-esr', 'WebKitWebDriver', MINI_BROWSER, 'Xvfb', 'unshare'])(
  'what a customer sees',
  () => {
    const resources = new Resources();
    const directory = temporaryDirectory();
    const urls = new Map<Refusal['name'], string>();
    let pacUrl = '';
    let refusals: () => Promise<number>;
    let browser: Browser;
    let firefox: Firefox;
    let webkit: WebKit;

    beforeAll(async () => {
      if (process.getuid?.() !== 0) return;
      const [explicit, alert, reset] = [await freePort(), await freePort(), await freePort()];
      // By this name Chromium finds out whether its resolver works at all.
      const names = await startDnsServer();
      resources.defer(async () => await names.close());
      names.set('google.com', { A: [{ address: '192.0.2.1', ttl: 60 }] });
      const lists = { own: '*.listed.example dns\n' };
      const steered = (port: number): object => ({
        name: 'steered',
        mode: 'steered',
        addresses: ['127.0.0.1/32'],
        ports: [port],
      });
      const proxy = resources.use(
        await startProxy({
          lists,
          config: {
            listeners: [
              { name: 'explicit', port: explicit },
              steered(alert),
              { name: 'dns', mode: 'dns', address: DNS_ADDRESS, port: 53, upstream: [names.server] },
            ],
            admin: {
              address: '127.0.0.1',
              port: 0,
              pac: {
                proxies: [`127.0.0.1:${explicit}`],
                failOver: 'none',
                direct: ['alert.listed.example', 'reset.listed.example', 'named.listed.example'],
              },
            },
            page: { operator: 'Example Net', contact: 'mailto:help@isp.example' },
          },
        }),
      );
      resources.use(await startProxy({ lists, config: { listeners: [steered(reset)], tls: { refusal: 'reset' } } }));
      refusals = async () =>
        (await proxy.metrics()).get('cleanfeed_requests_total{listener="explicit",verdict="block"}') ?? 0;
      pacUrl = `http://127.0.0.1:${proxy.adminPort}/proxy.pac`;
      urls.set('page', 'http://www.listed.example/');
      urls.set('error', 'http://192.0.2.1/');
      urls.set('connect', 'https://www.listed.example/');
      urls.set('alert', `https://alert.listed.example:${alert}/`);
      urls.set('reset', `https://reset.listed.example:${reset}/`);
      urls.set('nxdomain', 'https://named.listed.example/');
      mkdirSync(PICTURES, { recursive: true });
      browser = await chromium.launch({
        timeout: HANG_BOUND_MS,
        executablePath: program('chromium'),
        args: [...QUIET, `--proxy-pac-url=${pacUrl}`],
      });
      resources.defer(async () => await browser.close());
      firefox = resources.use(
        await Firefox.start(
          {
            'network.proxy.type': 2,
            'network.proxy.autoconfig_url': pacUrl,
            'network.dns.localDomains': 'alert.listed.example,reset.listed.example',
          },
          { program: program('firefox-esr') },
        ),
      );
      await firefox.size(SIZE.width, SIZE.height);
      webkit = resources.use(await WebKit.start({ proxy: `pac+${pacUrl}`, program: program('WebKitWebDriver') }));
      await webkit.size(SIZE.width, SIZE.height);
    });
    afterAll(async () => {
      await resources.end();
      directory[Symbol.dispose]();
    });

    /** The browser with a resolv.conf of its own, in which there is nobody but the DNS listener. */
    function program(name: string): string {
      const [resolvers, wrapper] = [directory.file('resolv.conf'), directory.file(name)];
      const hosts = directory.file('hosts');
      writeFileSync(resolvers, `nameserver ${DNS_ADDRESS}\noptions timeout:5\n`);
      writeFileSync(hosts, '127.0.0.1 localhost alert.listed.example reset.listed.example\n');
      const inside = `mount --bind ${resolvers} /etc/resolv.conf && mount --bind ${hosts} /etc/hosts && exec ${programPath(name) ?? name} "$@"`;
      writeFileSync(wrapper, `#!/bin/sh\nexec unshare --mount sh -c '${inside}' sh "$@"\n`);
      chmodSync(wrapper, 0o755);
      return wrapper;
    }

    function keep(name: string, picture: Buffer): void {
      if (process.env['UPDATE_SCREENSHOTS'] === '1') writeFileSync(join(PICTURES, `${name}.png`), picture);
    }

    const asRoot = testAsRoot('what a customer sees in browsers');

    asRoot.each(REFUSALS)('Chromium: $name', async ({ name, chromium: want }) => {
      const page = await browser.newPage({ locale: 'en-CA', viewport: SIZE });
      page.setDefaultTimeout(HANG_BOUND_MS);
      const open = async (): Promise<unknown> =>
        await page.goto(urls.get(name)!).catch((error: unknown) => {
          if (name === 'page' || name === 'error') throw error;
        });
      await open();
      await eventually(
        'the page says what it has to say',
        async () => {
          const shown = await page.locator('body').innerText();
          if (isLate(shown)) await open();
          return shown;
        },
        (shown) => want.every((words) => shown.includes(words)),
      );
      keep(`chromium-${name}`, await page.screenshot());
      for (const words of want) expect(GUIDE).toContain(words);
      await page.close();
    });

    asRoot.each(REFUSALS)('Firefox: $name', async ({ name, firefox: want }) => {
      await firefox.open(urls.get(name)!);
      // Pages of Firefox itself get their words one after the other.
      await eventually(
        'the page says what it has to say',
        async () => (await firefox.page()).text,
        (shown) => want.every((words) => shown.includes(words)),
      );
      keep(`firefox-${name}`, await firefox.picture());
      for (const words of want) expect(GUIDE).toContain(words);
    });

    asRoot.each(REFUSALS.filter(({ name }) => name !== 'connect'))(
      'WebKitGTK: $name',
      async ({ name, webkit: want }) => {
        await webkit.open(urls.get(name)!);
        await eventually(
          'the page says what it has to say',
          async () => await webkit.text(),
          (shown) => want.every((words) => shown.includes(words)),
        );
        keep(`webkit-${name}`, await webkit.picture());
        for (const words of want) expect(GUIDE).toContain(words);
      },
    );

    asRoot('WebKitGTK: connect: an empty window, and no word', async () => {
      await webkit.open('about:blank');
      const before = await refusals();
      await webkit.open(urls.get('connect')!);
      expect([(await refusals()) > before, await webkit.text()]).toEqual([true, '']);
      expect(GUIDE).toContain('WebKitGTK shows an empty window');
    });
  },
);
