/** A real Chromium behind the proxy: pages load whole, a listed page explains itself, a listed part leaves the page alone. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { HANG_BOUND_MS } from '../support/hang-bound.ts';
import { startNginx } from '../support/nginx.ts';
import type { Nginx } from '../support/nginx.ts';
import { programPath } from '../support/program-path.ts';
import { describeWith } from '../support/programs.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const IMAGES = 40;
const QUIET = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

describeWith(['nginx', 'chromium'])('Chromium through the proxy', () => {
  const resources = new Resources();
  let nginx: Nginx;
  let proxy: ProxyProcess;
  let browser: Browser;

  beforeAll(async () => {
    nginx = resources.use(
      await startNginx({
        server: 'gzip on; gzip_proxied any; gzip_types *; gzip_min_length 1; add_header Cache-Control no-store;',
        files: site(),
      }),
    );
    proxy = resources.use(
      await startProxy({
        config: { workers: 2 },
        lists: {
          own: 'site.localhost/listed.html\nsite.localhost/listed.png\ncdn.localhost/listed.png\n*.listed.localhost\n',
        },
      }),
    );
    browser = await chromium.launch({
      timeout: HANG_BOUND_MS,
      executablePath: programPath('chromium') ?? 'chromium',
      args: QUIET,
      // Chromium takes localhost past any proxy unless told.
      proxy: { server: `http://127.0.0.1:${proxy.port}`, bypass: '<-loopback>' },
    });
    resources.defer(async () => await browser.close());
  });
  afterAll(async () => await resources.end());

  /** Opens a page; `answers` has the status of every answer by path and query. */
  async function open(
    path: string,
    use: (page: Page, answers: ReadonlyMap<string, number>) => Promise<void>,
    locale = 'en-CA',
  ): Promise<void> {
    const context = await browser.newContext({ locale });
    const page = await context.newPage();
    page.setDefaultTimeout(HANG_BOUND_MS);
    const answers = new Map<string, number>();
    page.on('response', (response) =>
      answers.set(response.url().slice(response.url().indexOf('/', 7)), response.status()),
    );
    await page.goto(`http://site.localhost:${nginx.port}${path}`, { waitUntil: 'load' });
    await use(page, answers);
    await context.close();
  }

  test('a page with its script, style and images loads whole', async () => {
    await open('/index.html', async (page, answers) => {
      expect(await page.title()).toBe('site');
      expect(await page.evaluate('window.ran')).toBe('script');
      expect(await page.evaluate('getComputedStyle(document.body).color')).toBe('rgb(1, 2, 3)');
      expect(await page.evaluate('[...document.images].filter((image) => image.naturalWidth === 1).length')).toBe(
        IMAGES,
      );
      expect([...answers.values()].every((status) => status === 200)).toBe(true);
      expect(answers.size).toBeGreaterThanOrEqual(IMAGES + 3);
    });
  });

  test('a script of the page can send and fetch', async () => {
    await open('/index.html', async (page) => {
      expect(await page.evaluate(`fetch('/data.css').then((answer) => answer.text())`)).toBe(
        'body { color: rgb(1, 2, 3) }',
      );
      expect(
        await page.evaluate(
          `fetch('/data.css', { method: 'POST', body: 'x'.repeat(100000) }).then((answer) => answer.status)`,
        ),
      ).toBe(405);
    });
  });

  test.each([
    { locale: 'en-CA', heading: 'Access to this address is refused' },
    { locale: 'fr-CA', heading: 'L’accès à cette adresse est refusé' },
  ])('a listed page is refused in the language of the browser: $locale', async ({ locale, heading }) => {
    await open(
      '/listed.html',
      async (page, answers) => {
        expect(answers.get('/listed.html')).toBe(403);
        expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(heading);
      },
      locale,
    );
  });

  test('a listed image is refused, the page around it stays', async () => {
    await open('/mixed.html', async (page, answers) => {
      expect(answers.get('/listed.png')).toBe(403);
      expect(answers.get('/mixed.html')).toBe(200);
      expect(await page.evaluate('[...document.images].map((image) => image.naturalWidth)')).toEqual([1, 0, 1, 0, 1]);
      expect(await page.getByText('the page itself').isVisible()).toBe(true);
    });
  });

  test('a frame from a listed host shows the refusal in its place', async () => {
    await open('/framed.html', async (page) => {
      expect(await page.frameLocator('iframe').getByRole('heading', { level: 1 }).textContent()).toBe(
        'Access to this address is refused',
      );
      expect(await page.getByText('around the frame').isVisible()).toBe(true);
    });
  });

  function site(): Record<string, string | Buffer> {
    const images = Array.from({ length: IMAGES }, (_, i) => `<img src="/image.png?${i}">`).join('');
    const cdn = (name: string): string =>
      `<script>document.write('<img src="http://cdn.localhost:' + location.port + '/${name}">')</script>`;
    return {
      'index.html': `<!doctype html><title>site</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/data.css"><script src="/script.js"></script>${images}`,
      'mixed.html': `<!doctype html><title>mixed</title><link rel="icon" href="data:,"><p>the page itself</p><img src="/image.png"><img src="/listed.png">${cdn('image.png')}${cdn('listed.png')}${cdn('other.png')}`,
      'framed.html': `<!doctype html><link rel="icon" href="data:,"><p>around the frame</p><script>document.write('<iframe src="http://a.listed.localhost:' + location.port + '/"></iframe>')</script>`,
      'listed.html': 'never seen',
      'data.css': 'body { color: rgb(1, 2, 3) }',
      'script.js': 'window.ran = "script";',
      'image.png': PNG,
      'other.png': PNG,
      'listed.png': PNG,
    };
  }
});
