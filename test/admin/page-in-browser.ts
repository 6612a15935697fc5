/** The status page of a made-up instance in a real Chromium, for the tests that look at it. */
import { afterAll, beforeAll, expect } from '@jest/globals';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import type { Activity } from '../../src/admin/activity.ts';
import { startAdmin } from '../../src/admin/server.ts';
import type { Admin } from '../../src/admin/server.ts';
import type { ControlView } from '../../src/observe/control-view.ts';
import { HANG_BOUND_MS } from '../support/hang-bound.ts';
import { programPath } from '../support/program-path.ts';
import { madeUpDay, madeUpView } from './made-up-instance.ts';
import { adminSources } from './sources.ts';

export const DESK: BrowserContextOptions = {
  viewport: { width: 1200, height: 800 },
  colorScheme: 'light',
  locale: 'en-CA',
};
export const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  isMobile: true,
  hasTouch: true,
  deviceScaleFactor: 1,
  colorScheme: 'dark',
  locale: 'en-CA',
};

export interface Shown {
  readonly view?: Partial<ControlView>;
  readonly activity?: Activity;
  /** The reader's clock stands still, milliseconds since the epoch; `moved`: the test may move it. */
  readonly clock?: number | 'moved';
}

export interface Opened {
  readonly page: Page;
  readonly admin: Admin;
  /** What the page asked for, by address. */
  readonly asked: readonly string[];
  /** Parts of console messages that are expected. */
  readonly forgiven: string[];
}

export type OpenPage = (
  options: BrowserContextOptions,
  shown: Shown,
  use: (opened: Opened) => Promise<void>,
) => Promise<void>;

/** A browser for the tests of this file. */
export function pageInBrowser(): OpenPage {
  const executablePath = programPath('chromium');
  const running: Admin[] = [];
  let browser: Browser | null = null;
  let day: Activity;

  beforeAll(async () => {
    if (executablePath === null) return;
    day = await madeUpDay();
    browser = await chromium.launch({
      timeout: HANG_BOUND_MS,
      executablePath,
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
    await browser?.close();
    await Promise.all(running.map(async (admin) => await admin.close()));
  });

  return async (options, { view = {}, activity = day, clock }, use) => {
    const sources = adminSources({ ...madeUpView(), ...view });
    const admin = await startAdmin({ address: '127.0.0.1', port: 0, hosts: [] }, { ...sources, activity });
    running.push(admin);
    const context = await browser!.newContext(options);
    const page = await context.newPage();
    page.setDefaultTimeout(HANG_BOUND_MS);
    if (clock === 'moved') await page.clock.install();
    else if (clock !== undefined) await page.clock.setFixedTime(clock);
    const complaints: string[] = [];
    const asked: string[] = [];
    const forgiven: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(`http://127.0.0.1:${admin.port}/`);
    if (options.javaScriptEnabled !== false) {
      await page.locator('#state[data-told]').waitFor();
      await page.locator('#charts path.line-1').last().waitFor({ state: 'attached' });
    }
    await use({ page, admin, asked, forgiven });
    await context.close();
    // Whatever it shows, whoever works it: it asks nobody but the instance.
    expect(
      asked.filter((url) => !url.startsWith(`http://127.0.0.1:${admin.port}/`) && !url.startsWith('data:')),
    ).toEqual([]);
    expect(complaints.filter((text) => !forgiven.some((part) => text.includes(part)))).toEqual([]);
  };
}

/** Texts as they read, one line each. */
export function lines(texts: readonly string[]): string[] {
  return texts.map((text) => text.replaceAll(/\s+/g, ' ').trim());
}
