/**
 * The status page in a real Chromium: what an engineer reads in an alarm, on a desk and on a phone, by eye, keyboard and
 * accessibility tree. The hour behind it is made up. With UPDATE_SCREENSHOTS=1 the pictures in docs/images are made anew.
 */
import { statSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { startAdmin } from '../../src/admin/server.ts';
import type { Admin } from '../../src/admin/server.ts';
import type { ControlView } from '../../src/observe/control-view.ts';
import { contrast, luminance } from '../support/contrast.ts';
import { HANG_BOUND_MS } from '../support/hang-bound.ts';
import { describeWith, programPath } from '../support/programs.ts';
import { madeUpDay, madeUpView } from './made-up-instance.ts';
import { adminSources } from './sources.ts';

const CHROMIUM = programPath('chromium');
const inBrowser = describeWith(['chromium']);

const DESK: BrowserContextOptions = { viewport: { width: 1200, height: 800 }, colorScheme: 'light', locale: 'en-CA' };
const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  isMobile: true,
  hasTouch: true,
  deviceScaleFactor: 1,
  colorScheme: 'dark',
};
const IMAGES = new URL('../../docs/images/', import.meta.url);

let browser: Browser;
const running: Admin[] = [];

beforeAll(async () => {
  if (CHROMIUM === null) return;
  browser = await chromium.launch({
    timeout: HANG_BOUND_MS,
    executablePath: CHROMIUM,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--no-first-run',
      '--font-render-hinting=none',
      '--disable-lcd-text',
    ],
  });
});

afterAll(async () => {
  if (CHROMIUM === null) return;
  await browser.close();
  await Promise.all(running.map(async (admin) => await admin.close()));
});

interface Opened {
  readonly page: Page;
  readonly admin: Admin;
  /** What the page asked for, by address. */
  readonly asked: readonly string[];
  /** Parts of console messages that are expected. */
  readonly forgiven: string[];
}

async function open(
  options: BrowserContextOptions,
  overrides: Partial<ControlView>,
  use: (opened: Opened) => Promise<void>,
  clock?: number,
): Promise<void> {
  const admin = await startAdmin(
    { address: '127.0.0.1', port: 0, hosts: [] },
    { ...adminSources({ ...madeUpView(), ...overrides }), activity: await madeUpDay() },
  );
  running.push(admin);
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(HANG_BOUND_MS);
  if (clock !== undefined) await page.clock.setFixedTime(clock);
  const complaints: string[] = [];
  const asked: string[] = [];
  const forgiven: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => asked.push(request.url()));
  await page.goto(`http://127.0.0.1:${admin.port}/`);
  await page.locator('#state[data-told]').waitFor();
  await page.locator('#charts path').first().waitFor({ state: 'attached' });
  await use({ page, admin, asked, forgiven });
  await context.close();
  expect(complaints.filter((text) => !forgiven.some((part) => text.includes(part)))).toEqual([]);
}

inBrowser('status page in Chromium', () => {
  test('ready: said in title, heading and colour', async () => {
    await open(DESK, {}, async ({ page, admin }) => {
      expect(await page.title()).toBe(`Ready – 127.0.0.1:${admin.port} – Cleanfeed`);
      expect(await page.getByRole('status').innerText()).toBe('Ready');
      expect(await page.locator('#state').getAttribute('data-state')).toBe('ready');
    });
  });

  test('not ready: why', async () => {
    await open(DESK, { notReady: () => ['list own: no such file', 'worker 1: does not respond'] }, async ({ page }) => {
      expect(await page.getByRole('status').innerText()).toMatch(
        /^Not ready\s+list own: no such file\s+worker 1: does not respond$/,
      );
    });
  });

  test('bypass is loud', async () => {
    const endsAt = Date.UTC(2026, 10, 25, 3, 30);
    await open(DESK, { bypass: () => true, bypassEndsAt: () => endsAt }, async ({ page }) => {
      expect(await page.getByRole('status').innerText()).toMatch(
        /^BYPASS: nothing is filtered\s+bypass ends at \d\d:\d\d:00$/,
      );
      expect(await page.locator('#state').getAttribute('data-state')).toBe('bypass');
      expect(await page.title()).toContain('BYPASS');
    });
  });

  test('an instance that stops answering is not shown as ready', async () => {
    await open(DESK, {}, async ({ page, admin, forgiven }) => {
      forgiven.push('ERR_CONNECTION_REFUSED');
      await admin.close();
      await page.getByText('No answer from the instance').waitFor();
      expect(await page.title()).toContain('No answer');
      expect(await page.locator('#state').getAttribute('data-state')).toBe('silent');
    });
  });

  test('it is live: what changes is shown without a reload', async () => {
    let reasons: readonly string[] = [];
    await open(DESK, { notReady: () => reasons }, async ({ page }) => {
      reasons = ['draining'];
      await page.getByRole('status').getByText('draining').waitFor();
      reasons = [];
      await page.getByRole('status').getByText('Ready', { exact: true }).waitFor();
      expect(await page.locator('#reasons li').count()).toBe(0);
    });
  });

  test('the figures of the last minute, lists and workers', async () => {
    await open(DESK, {}, async ({ page }) => {
      const tiles = (await page.locator('#now > div').allInnerTexts()).map((text) => text.replaceAll(/\s+/g, ' '));
      expect(tiles).toEqual(
        expect.arrayContaining([
          'Passed 3,840/s',
          'Blocked 1.3/s',
          'Refused 0.4/s',
          'Errors 0.9/s',
          'Time added p50 42 µs',
          'Connections 5,210',
        ]),
      );
      const rows = (await page.locator('#lists tbody tr').allInnerTexts()).map((text) =>
        text.replaceAll(/\s+/g, ' ').trim(),
      );
      expect(rows).toEqual([
        'clearing-house block 41 3 min ago 11,488 100 % 7 % 0 % none',
        'court-orders block 38 2 h 5 min ago 214 100 % 64 % 0 % line 212: not a host',
        'own-allow allow 12 18 s ago 9 100 % 44 % 0 % none',
      ]);
      expect(await page.locator('#workers tbody th').allInnerTexts()).toEqual([
        'worker 0',
        'worker 1',
        'worker 2',
        'worker 3',
      ]);
      expect(await page.locator('#about').innerText()).toContain('up 3 d 7 h');
      expect(await page.locator('#workers .alarm').allInnerTexts()).toEqual(['serves an older generation']);
      expect((await page.locator('#workers tbody tr').first().innerText()).replaceAll(/\s+/g, ' ')).toBe(
        'worker 0 3 d 7 h 0 41 listening',
      );
      expect(await page.locator('#configuration').innerText()).toBe(
        '/etc/cleanfeed/cleanfeed.yaml, in force since 1 d 2 h',
      );
      expect(await page.locator('#upstream-errors').innerText()).toContain('connect timeout: 41');
    });
  });

  test.each([-86_400_000, 86_400_000])('a reader whose clock is wrong by %d ms reads the same ages', async (wrong) => {
    const read = async ({ page }: Opened): Promise<void> => {
      expect(await page.locator('#lists tbody').innerText()).toMatch(/3 min ago[^]*2 h 5 min ago[^]*18 s ago/);
      expect(await page.locator('#workers tbody').innerText()).toContain('3 d 7 h');
      expect(await page.locator('#configuration').innerText()).toContain('in force since 1 d 2 h');
    };
    await open(DESK, {}, read, Date.now() + wrong);
  });

  test('it asks nobody but the instance', async () => {
    await open(DESK, {}, async ({ page, admin, asked }) => {
      await page.waitForResponse((response) => response.url().endsWith('/status'));
      const elsewhere = asked.filter(
        (url) => !url.startsWith(`http://127.0.0.1:${admin.port}/`) && !url.startsWith('data:'),
      );
      expect(elsewhere).toEqual([]);
    });
  });

  test('the policy allows no other script', async () => {
    await open(DESK, {}, async ({ page, forgiven }) => {
      forgiven.push('Content Security Policy');
      // Evaluated by the browser's debugger, the element by the page: only the latter is under the policy.
      const ran = await page.evaluate<boolean>(`new Promise((resolve) => {
        document.addEventListener('securitypolicyviolation', () => resolve(false));
        globalThis.ran = () => resolve(true);
        const script = document.createElement('script');
        script.textContent = 'ran()';
        document.body.append(script);
      })`);
      expect(ran).toBe(false);
    });
  });

  test('charts have lines and words, and are read with the keyboard', async () => {
    await open(DESK, {}, async ({ page }) => {
      const chart = page.getByRole('img', { name: /^Time added, last hour\. Now: p50 42 µs, p99 .*Highest: / });
      expect(await chart.locator('path').count()).toBe(2);
      await chart.focus();
      await page.keyboard.press('Home');
      const readout = page.locator('figure', { has: chart }).locator('.readout');
      expect(await readout.innerText()).toMatch(/^\d\d:\d\d:\d\d: p50 \d+ µs, p99 \d+ µs$/);
      const atHome = await readout.innerText();
      await page.keyboard.press('ArrowRight');
      expect(await readout.innerText()).not.toBe(atHome);
      await page.keyboard.press('Escape');
      expect(await readout.innerText()).toMatch(/^p50/);
    });
  });

  test('everything that can be worked is reached with Tab, in reading order', async () => {
    await open(DESK, {}, async ({ page }) => {
      const reached: string[] = [];
      for (let press = 0; press < 9; press += 1) {
        await page.keyboard.press('Tab');
        reached.push(
          await page.evaluate<string>(
            `(document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent).split(',')[0]`,
          ),
        );
      }
      expect(reached).toEqual([
        'Requests passed',
        'Not passed',
        'Time added',
        'Time of origins',
        'Upstream errors',
        'Client connections',
        '/status',
        '/history',
        '/metrics',
      ]);
    });
  });

  test.each([
    { name: 'desk', options: DESK },
    { name: 'phone, where rows are cards', options: PHONE },
  ])('$name: the accessibility tree has landmarks, headings and real tables', async ({ options }) => {
    await open(options, {}, async ({ page }) => {
      for (const role of ['banner', 'main', 'contentinfo'] as const) expect(await page.getByRole(role).count()).toBe(1);
      expect(await page.getByRole('heading').allInnerTexts()).toEqual([
        expect.stringMatching(/^Cleanfeed/),
        expect.stringMatching(/^Now/),
        'Lists',
        'Workers',
        'Last hour',
        expect.stringMatching(/^Details/),
        'Upstream errors',
        'Client connections dropped',
        'Listeners',
        'Configuration',
      ]);
      const lists = page.getByRole('table', { name: 'Lists in force' });
      expect(await lists.getByRole('row').count()).toBe(4);
      expect(await lists.getByRole('rowheader').allInnerTexts()).toEqual([
        'clearing-house',
        'court-orders',
        'own-allow',
      ]);
      expect(await lists.getByRole('cell').count()).toBe(3 * 8);
    });
  });

  test.each([320, 390, 768, 1200])('%d px wide: no horizontal scroll, text of a readable size', async (width) => {
    await open({ ...PHONE, viewport: { width, height: 800 } }, {}, async ({ page }) => {
      const [scroll, client] = await page.evaluate<number[]>(
        '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
      );
      expect(scroll).toBeLessThanOrEqual(client!);
      expect(client).toBe(width);
      const smallest = await page.evaluate<number>(
        `Math.min(...[...document.querySelectorAll('body *:not(svg *)')].map((each) => parseFloat(getComputedStyle(each).fontSize)))`,
      );
      expect(smallest).toBeGreaterThanOrEqual(14);
    });
  });

  test.each(['light', 'dark'] as const)('%s: contrast of every text is at least 4.5 to 1', async (colorScheme) => {
    const states: Partial<ControlView>[] = [{}, { notReady: () => ['draining'] }, { bypass: () => true }];
    for (const state of states) {
      await open({ ...DESK, colorScheme }, state, async ({ page }) => {
        const colours = await page.evaluate<[string, string, string][]>(TEXT_COLOURS);
        expect(luminance(colours[0]![2]) > 0.5).toBe(colorScheme === 'light');
        const poor = colours.filter(([, ink, paper]) => contrast(ink, paper) < 4.5);
        expect(poor).toEqual([]);
      });
    }
  });

  test.each([
    { file: 'status-desktop-light.png', options: DESK },
    { file: 'status-phone-dark.png', options: PHONE },
  ])('$file', async ({ file, options }) => {
    const image = new URL(file, IMAGES);
    if (process.env['UPDATE_SCREENSHOTS'] === '1') {
      await open(options, {}, async ({ page }) => {
        await page.evaluate(`document.getElementById('instance').textContent = 'filter1.isp.example:9090'`);
        writeFileSync(
          image,
          await page.screenshot({ fullPage: true, clip: { x: 0, y: 0, width: options.viewport!.width, height: 1440 } }),
        );
      });
    }
    expect(statSync(image).size).toBeLessThan(200_000);
  });
});

/** Of every element that has text of its own: a name for it, its colour, and the colour of the first paper behind it. */
const TEXT_COLOURS = `[...document.querySelectorAll('body, body *:not(script, noscript, noscript *)')]
  .filter((each) => each.tagName === 'BODY' || [...each.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== ''))
  .map((each) => {
    let behind = each;
    while (behind !== null && /, 0\\)$/.test(getComputedStyle(behind).backgroundColor)) behind = behind.parentElement;
    const { color, fill } = getComputedStyle(each);
    return [each.tagName + '#' + each.id + ' ' + each.textContent.slice(0, 20), each instanceof SVGElement ? fill : color, getComputedStyle(behind ?? document.body).backgroundColor];
  })`;
