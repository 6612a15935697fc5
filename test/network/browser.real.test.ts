/**
 * A real Chromium on a customer's machine, which knows of no proxy: what it shows of listed pages and hosts, and that it notices nothing else; with the filter in
 * the path, and where names lead to it.
 */
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { HANG_BOUND_MS } from '../support/hang-bound.ts';
import { programPath } from '../support/program-path.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { startFilter } from './support/inline-filter.ts';
import type { FilterSetup } from './support/inline-filter.ts';
import { ADDRESSES, type InlineNetwork } from './support/inline-network.ts';
import { networkWithSites } from './support/network-with-sites.ts';
import { describeNetwork } from './support/programs.ts';

const LIST = 'site.example/listed.html\n*.listed.example\n';
const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const STEERED: FilterSetup = {
  listeners: [{ name: 'steered', mode: 'steered', addresses: [ADDRESSES.filter.ipv4], ports: [80, 443] }],
  upstream: { dns: { servers: [`${ADDRESSES.origin.ipv4}:53`] } },
};
const IN_THE_PATH = { mode: 'transparent', setup: {}, to: ADDRESSES.origin.ipv4 };
const WAYS = [
  { ...IN_THE_PATH, refusal: 'alert' },
  { ...IN_THE_PATH, refusal: 'reset' },
  { mode: 'steered', setup: STEERED, to: ADDRESSES.filter.ipv4, refusal: 'alert' },
] as const;

describeNetwork(['nginx', 'unbound', 'chromium'])('Chromium behind the filter', () => {
  const resources = new Resources();
  let network: InlineNetwork;
  let program: string;

  beforeAll(async () => {
    ({ network } = await networkWithSites(resources));
    const directory = temporaryDirectory();
    resources.use(directory);
    // Playwright starts one program, without words before it.
    program = directory.file('chromium');
    const words = [...network.machines.client.under, programPath('chromium') ?? 'chromium'];
    writeFileSync(program, `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`, { mode: 0o755 });
  });
  afterAll(async () => await resources.end());

  describe.each(WAYS)('$mode, tls.refusal: $refusal', ({ mode, setup, to, refusal }) => {
    let proxy: ProxyProcess;
    let browser: Browser;
    beforeAll(async () => {
      await network.unsteer();
      if (mode === 'transparent') await network.steer();
      const config = { tls: { refusal }, clients: { allow: ['192.0.2.0/24'] } };
      proxy = await startFilter(network, { ...setup, lists: { own: LIST }, config });
      const args = [...ARGS, `--host-resolver-rules=MAP * ${to}`];
      browser = await chromium.launch({ timeout: HANG_BOUND_MS, executablePath: program, args });
    });
    afterAll(async () => {
      await browser.close();
      await proxy.stop();
    });

    async function visit(url: string, look: (page: Page, status: number | undefined) => Promise<void>): Promise<void> {
      const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'en-CA' });
      const page = await context.newPage();
      page.setDefaultTimeout(HANG_BOUND_MS);
      try {
        const answer = await page.goto(url, { waitUntil: 'load' });
        await look(page, answer?.status());
      } finally {
        await context.close();
      }
    }

    test('a listed page: the refusal in its place, and the page beside it as ever', async () => {
      await visit('http://site.example/listed.html', async (page, status) => {
        expect(status).toBe(403);
        expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Access to this address is refused');
        expect(page.url()).toBe('http://site.example/listed.html');
      });
      await visit('http://site.example/', async (page, status) => {
        expect([status, await page.title()]).toEqual([200, 'site']);
      });
    });

    test.each(['https://listed.example/', 'https://below.listed.example/'])(
      'a listed host behind TLS: %s',
      async (url) => {
        const nothing = async (): Promise<void> => await Promise.reject(new Error('it was shown'));
        await expect(visit(url, nothing)).rejects.toThrow(
          refusal === 'alert' ? /ERR_SSL_|ERR_CONNECTION_CLOSED/ : /ERR_CONNECTION_RESET|ERR_CONNECTION_CLOSED/,
        );
      },
    );

    test('a site with HTTP/2 passes, a page that is listed in cleartext with it', async () => {
      await visit('https://site.example/listed.html', async (page, status) => {
        const protocol = await page.evaluate('performance.getEntriesByType("navigation")[0].nextHopProtocol');
        expect([status, protocol, await page.textContent('body')]).toEqual([200, 'h2', 'never seen']);
      });
    });
  });
});
