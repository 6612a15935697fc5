/**
 * The status page in each of its states: axe finds nothing, by light and by dark, and docs/images has a picture of it. With
 * UPDATE_SCREENSHOTS=1 the pictures are made anew; a picture that differs by some pixels fails nothing, one that is missing does.
 */
import { statSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import type { BrowserContextOptions, Page } from 'playwright-core';
import type { Activity } from '../../src/admin/activity.ts';
import { axeViolations } from '../support/axe.ts';
import { describeWith } from '../support/programs.ts';
import { EXPLANATIONS } from './explanations.ts';
import { emptyDay, emptyView, madeUpDay, manyLists } from './made-up-instance.ts';
import { DESK, PHONE, pageInBrowser } from './page-in-browser.ts';
import type { Opened, Shown } from './page-in-browser.ts';

const inBrowser = describeWith(['chromium']);
const open = pageInBrowser();
const IMAGES = new URL('../../docs/images/', import.meta.url);
const MAX_IMAGE_BYTES = 250_000;
/** Of a part that is longer the picture has the beginning. */
const MAX_PART = 900;

interface State {
  readonly file: string;
  readonly options: BrowserContextOptions;
  readonly shown?: Shown;
  readonly activity?: () => Promise<Activity>;
  /** Brings the page into the state. */
  readonly bring?: (opened: Opened) => Promise<void>;
  /** The part of the page that is in the picture; the top of the page unless told. */
  readonly part?: string;
  /** Pixels of the page from the top; `part` has its own. */
  readonly height?: number;
}

const dark = (options: BrowserContextOptions): BrowserContextOptions => ({ ...options, colorScheme: 'dark' });
const END = Date.UTC(2026, 10, 25, 3, 30);

const STATES: readonly State[] = [
  { file: 'status-desktop-light.png', options: DESK, height: 1500 },
  { file: 'status-phone-dark.png', options: PHONE, height: 1900 },
  {
    file: 'status-lists-light.png',
    options: DESK,
    shown: { view: { lists: () => manyLists() } },
    activity: async () => await madeUpDay(manyLists()),
    bring: async ({ page }) => {
      await page.getByRole('radio', { name: 'last 24 hours' }).check();
      await page.getByRole('img', { name: /^Requests passed, last 24 hours/ }).waitFor();
      await page.getByRole('button', { name: 'list-06-court' }).click();
    },
    part: '#lists-heading, #lists',
  },
  {
    file: 'status-unready-light.png',
    options: DESK,
    shown: {
      view: { notReady: () => ['list court-orders: the list server cannot be reached', 'worker 1: does not respond'] },
    },
    part: 'header, #state',
  },
  {
    file: 'status-empty-dark.png',
    options: dark(DESK),
    shown: { view: emptyView() },
    activity: emptyDay,
    height: 1100,
  },
  {
    file: 'status-bypass-light.png',
    options: DESK,
    shown: { view: { bypass: () => true, bypassEndsAt: () => END } },
    part: 'header, #state',
  },
  {
    file: 'status-draining-dark.png',
    options: dark(DESK),
    shown: { view: { notReady: () => ['draining'], draining: () => true } },
    part: 'header, #state',
  },
  {
    file: 'status-silent-light.png',
    options: DESK,
    bring: async ({ page, admin, forgiven }) => {
      forgiven.push('ERR_CONNECTION_', 'ERR_EMPTY_RESPONSE');
      await admin.close();
      await page.getByText('No answer from the instance').waitFor();
    },
    part: 'header, #state',
  },
  { file: 'status-no-script-light.png', options: { ...DESK, javaScriptEnabled: false }, height: 620 },
  explained('explained-block-light.png', DESK, 'block', 'http://host.example/a/..%2fpage'),
  explained('explained-pass-dark.png', dark(DESK), 'pass', 'http://host.example/other'),
  explained('explained-error-light.png', DESK, 'error', 'http://host.example/page'),
];

function explained(file: string, options: BrowserContextOptions, kind: keyof typeof EXPLANATIONS, url: string): State {
  return {
    file,
    options,
    shown: { view: { explain: () => EXPLANATIONS[kind] } },
    bring: async ({ page, forgiven }) => {
      forgiven.push('400 (Bad Request)');
      await page.getByLabel('Address or host name').fill(url);
      await page.keyboard.press('Enter');
      await page.locator('#explained > div').waitFor();
      const lookUps = page.locator('#explained summary');
      if ((await lookUps.count()) > 0) await lookUps.click();
    },
    part: '#explain-heading, #ask, #explained',
  };
}

inBrowser('the status page in its states', () => {
  test.each(STATES)('$file', async ({ file, options, shown = {}, activity, bring, part, height }) => {
    const image = new URL(file, IMAGES);
    const given = activity === undefined ? shown : { ...shown, activity: await activity() };
    await open(options, given, async (opened) => {
      await bring?.(opened);
      // Without scripts there are none of axe's either; what is shown then is a part of what it looks at otherwise.
      const hasScripts = options.javaScriptEnabled !== false;
      if (hasScripts) expect(await axeViolations(opened.page)).toEqual([]);
      if (process.env['UPDATE_SCREENSHOTS'] === '1') writeFileSync(image, await picture(opened.page, part, height));
      if (!hasScripts) return;
      // The other colours: what is shown stays.
      await opened.page.emulateMedia({ colorScheme: options.colorScheme === 'dark' ? 'light' : 'dark' });
      expect(await axeViolations(opened.page)).toEqual([]);
    });
    expect(statSync(image).size).toBeLessThan(MAX_IMAGE_BYTES);
  });

  test('axe is asked: it finds what is wrong with a page', async () => {
    await open(DESK, {}, async ({ page }) => {
      await page.evaluate(
        `document.getElementById('ask-url').labels[0].replaceWith(document.getElementById('ask-url'))`,
      );
      expect(await axeViolations(page)).toContainEqual(expect.stringMatching(/^label: .*#ask-url/));
      // Of WCAG 2.2, which axe does not ask by itself.
      await page.evaluate(`for (const word of ['a', 'b']) {
        const button = document.createElement('button');
        button.textContent = word;
        button.style.cssText = 'width: 9px; height: 9px; min-height: 0; padding: 0; border: 0; font-size: 6px';
        document.querySelector('main').prepend(button);
      }`);
      expect(await axeViolations(page)).toContainEqual(expect.stringMatching(/^target-size: /));
    });
  });
});

async function picture(page: Page, part: string | undefined, height: number | undefined): Promise<Buffer> {
  if ((await page.locator('#state[data-told]').count()) > 0)
    await page.evaluate(`document.getElementById('instance').textContent = 'filter1.isp.example:9090'`);
  const width = page.viewportSize()!.width;
  if (part === undefined)
    return await page.screenshot({ fullPage: true, clip: { x: 0, y: 0, width, height: height ?? 900 } });
  const { top, bottom } = await page.locator(part).evaluateAll((all) => {
    const boxes = all.map((each) => each.getBoundingClientRect());
    const { scrollY } = globalThis as unknown as { readonly scrollY: number };
    return {
      top: Math.min(...boxes.map((box) => box.top)) + scrollY,
      bottom: Math.max(...boxes.map((box) => box.bottom)) + scrollY,
    };
  });
  const margin = 12;
  return await page.screenshot({
    fullPage: true,
    clip: { x: 0, y: Math.max(0, top - margin), width, height: Math.min(MAX_PART, bottom - top + 2 * margin) },
  });
}
