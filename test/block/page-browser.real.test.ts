/** The block page in a real Chromium: on a phone, in both languages, through the accessibility tree, in both colour schemes. */
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { BlockPages } from '../../src/block/pages.ts';
import { axeViolations } from '../support/axe.ts';
import { contrast, luminance } from '../support/contrast.ts';
import { HANG_BOUND_MS } from '../support/hang-bound.ts';
import { programPath } from '../support/program-path.ts';
import { describeWith } from '../support/programs.ts';
import { SHIPPED } from '../support/languages.ts';
import { OPERATOR_PAGE, pageList } from './page-lists.ts';

const CHROMIUM = programPath('chromium');
const inBrowser = describeWith(['chromium']);

const PHONE: BrowserContextOptions = {
  viewport: { width: 320, height: 640 },
  isMobile: true,
  hasTouch: true,
  deviceScaleFactor: 2,
};
const LONG = `https://isp.example/${'a-very-long-path-without-a-break'.repeat(6)}`;
const pages = new BlockPages([pageList({ page: { ...OPERATOR_PAGE, appeal: LONG } })], {
  pseudonym: 'cf-0',
  languages: SHIPPED,
});

let server: Server;
let browser: Browser;
/** Request lines that the browser sent, in order. */
const asked: string[] = [];

beforeAll(async () => {
  if (CHROMIUM === null) return;
  server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (head) => {
      const text = head.toString('latin1');
      asked.push(text.split('\r\n', 1)[0] ?? '');
      const field = (name: string): string | null => new RegExp(`^${name}: (.*)\r$`, 'im').exec(text)?.[1] ?? null;
      socket.end(
        pages.response(0, {
          acceptLanguage: field('accept-language'),
          accept: field('accept'),
          head: false,
          close: true,
          connect: false,
        }),
      );
    });
  });
  const listening = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', () => listening.resolve());
  await listening.promise;
  browser = await chromium.launch({
    timeout: HANG_BOUND_MS,
    executablePath: CHROMIUM,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
  });
});

afterAll(async () => {
  if (CHROMIUM === null) return;
  await browser.close();
  server.close();
});

async function open(options: BrowserContextOptions, use: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(HANG_BOUND_MS);
  const complaints: string[] = [];
  // The console reports the refusal itself as a failed load; everything else there would be a fault of the page.
  page.on('console', (message) => {
    if (!message.text().includes('403 (Forbidden)')) complaints.push(message.text());
  });
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  const response = await page.goto(`http://127.0.0.1:${port}/listed/page.html`);
  expect(response?.status()).toBe(403);
  await use(page);
  expect(complaints).toEqual([]);
  await context.close();
}

inBrowser('block page in Chromium', () => {
  test.each([
    {
      locale: 'en-CA',
      heading: 'Access to this address is refused',
      other: 'Français',
      second: 'L’accès à cette adresse est refusé',
      title: 'Access refused – Réseau Example',
    },
    {
      locale: 'fr-CA',
      heading: 'L’accès à cette adresse est refusé',
      other: 'English',
      second: 'Access to this address is refused',
      title: 'Accès refusé – Réseau Example',
    },
  ])('$locale: one h1, landmarks, the other language below', async ({ locale, heading, other, second, title }) => {
    await open({ ...PHONE, locale }, async (page) => {
      expect(await page.title()).toBe(title);
      expect(await page.getByRole('heading', { level: 1 }).allTextContents()).toEqual([heading]);
      expect(await page.getByRole('banner').count()).toBe(1);
      expect(await page.getByRole('main').count()).toBe(1);
      expect(await page.getByRole('article', { name: second }).getAttribute('lang')).toBe(
        locale.startsWith('en') ? 'fr' : 'en',
      );
      await page.getByRole('navigation', { name: other }).getByRole('link', { name: other }).click();
      expect(await page.getByRole('heading', { level: 2, name: second }).boundingBox()).toMatchObject({
        x: expect.any(Number),
      });
    });
  });

  test.each(['en-CA', 'fr-CA'])('%s: axe has nothing to say, by light and by dark', async (locale) => {
    for (const colorScheme of ['light', 'dark'] as const)
      await open({ ...PHONE, locale, colorScheme }, async (page) => expect(await axeViolations(page)).toEqual([]));
  });

  test('the accessibility tree reads in order', async () => {
    await open({ ...PHONE, locale: 'en-CA' }, async (page) => {
      const tree = await page.getByRole('article').first().ariaSnapshot();
      const order = [
        'heading "Access to this address is refused" [level=1]',
        'heading "If you think this is a mistake" [level=2]',
        'link "help@isp.example"',
        'heading "Help" [level=2]',
        'link "Someone to talk to"',
        'heading "Reporting" [level=2]',
        'link "Example Tip Line"',
      ];
      const places = order.map((part) => tree.indexOf(part));
      expect(places).not.toContain(-1);
      expect(places).toEqual([...places].sort((a, b) => a - b));
    });
  });

  test('no heading level is left out', async () => {
    await open(PHONE, async (page) => {
      const levels = await page
        .locator('h1, h2, h3, h4')
        .evaluateAll((headings) => headings.map((heading) => Number(heading.tagName.slice(1))));
      levels.forEach((level, index) => expect(level).toBeLessThanOrEqual((levels[index - 1] ?? 0) + 1));
    });
  });

  test.each([320, 390, 1280])('%d px wide: no horizontal scroll, text of a readable size', async (width) => {
    await open({ ...PHONE, viewport: { width, height: 700 } }, async (page) => {
      const [scroll, client, size] = await page.evaluate<number[]>(
        '[document.documentElement.scrollWidth, document.documentElement.clientWidth, parseFloat(getComputedStyle(document.body).fontSize)]',
      );
      expect(scroll).toBeLessThanOrEqual(client!);
      expect(client).toBe(width);
      expect(size).toBeGreaterThanOrEqual(16);
    });
  });

  test.each(['light', 'dark'] as const)('%s: contrast of text and links is at least 7 to 1', async (colorScheme) => {
    await open({ ...PHONE, colorScheme }, async (page) => {
      const [ink, paper, link] = await page.evaluate<string[]>(
        `[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor, getComputedStyle(document.querySelector('a')).color]`,
      );
      expect(luminance(paper!) > 0.5).toBe(colorScheme === 'light');
      expect(contrast(ink!, paper!)).toBeGreaterThanOrEqual(7);
      expect(contrast(link!, paper!)).toBeGreaterThanOrEqual(7);
    });
  });

  test('it asks for nothing else, not even an icon', async () => {
    asked.length = 0;
    await open(PHONE, async (page) => {
      await page.waitForLoadState('networkidle');
    });
    expect(asked).toEqual(['GET /listed/page.html HTTP/1.1']);
  });
});
