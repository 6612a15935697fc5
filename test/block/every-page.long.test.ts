/**
 * Every page that can be shown, in a real Chromium: block pages of both statuses, with all that may be configured and with nothing, and each of the
 * proxy's own responses, with each language as the first, among them one that is written from right to left. axe has nothing to say against any.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { LOCAL_RESPONSES, LocalResponses, type LocalResponseKind } from '../../src/block/local-responses.ts';
import { BlockPages } from '../../src/block/pages.ts';
import type { Language } from '../../src/config/language-types.ts';
import { axeViolations } from '../support/axe.ts';
import { HANG_BOUND_MS } from '../support/hang-bound.ts';
import { SHIPPED } from '../support/languages.ts';
import { programPath } from '../support/program-path.ts';
import { describeWith } from '../support/programs.ts';
import { OPERATOR_PAGE, pageList } from './page-lists.ts';
import { readResponse } from './read-response.ts';

const [ENGLISH] = SHIPPED;
/** Not the words of the language: what counts is the direction of the page. */
const ARABIC: Language = { ...ENGLISH!, tag: 'ar', name: 'العربية', direction: 'rtl' };
const LANGUAGES = [...SHIPPED, ARABIC];
const IDENTITY = { pseudonym: 'cf-0', languages: LANGUAGES };
const BARE = { operator: {}, contact: null, appeal: null, tipLine: null, help: [], reason: {} };
const KINDS = Object.keys(LOCAL_RESPONSES).filter(
  (kind): kind is Exclude<LocalResponseKind, 'options'> => kind in LOCAL_RESPONSES && kind !== 'options',
);

const LISTS = ([403, 451] as const).flatMap((status) => [pageList({ status }), pageList({ status, page: BARE })]);
const BLOCK = new BlockPages(LISTS, IDENTITY);
const FULL = new LocalResponses({ ...IDENTITY, page: OPERATOR_PAGE });
const WITHOUT = new LocalResponses({ ...IDENTITY, page: BARE });

function html(bytes: Buffer): string {
  return readResponse(bytes).body;
}

const browserOrNot = describeWith(['chromium']);

browserOrNot.each(LANGUAGES.map(({ tag, direction }) => ({ tag, direction })))('$tag', ({ tag, direction }) => {
  const reader = { accept: 'text/html', acceptLanguage: tag };
  const at = { head: false, close: true, reader };
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    browser = await chromium.launch({
      timeout: HANG_BOUND_MS,
      executablePath: programPath('chromium') ?? 'chromium',
      args: ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
    });
    page = await browser.newPage({ viewport: { width: 320, height: 640 } });
    page.setDefaultTimeout(HANG_BOUND_MS);
  });
  afterAll(async () => await browser.close());

  async function look(content: string): Promise<object> {
    await page.setContent(content);
    const [lang, dir, width] = await page.evaluate<unknown[]>(
      '[document.documentElement.lang, getComputedStyle(document.body).direction, document.documentElement.scrollWidth]',
    );
    const [halves, fromTheRight, titles] = await Promise.all(
      ['article', 'article[dir=rtl]', 'h1'].map(async (elements) => await page.locator(elements).count()),
    );
    return { violations: await axeViolations(page), lang, dir, width, halves, fromTheRight, titles };
  }
  const RIGHT = {
    violations: [],
    lang: tag,
    dir: direction,
    width: 320,
    halves: LANGUAGES.length,
    fromTheRight: 1,
    titles: 1,
  };

  test.each(LISTS.map(({ status }, index) => ({ status, index })))('block page $status, $index', async ({ index }) => {
    const request = { ...reader, head: false, close: true, connect: false };
    expect(await look(html(BLOCK.response(index, request)))).toEqual(RIGHT);
  });

  test.each(KINDS)('%s', async (kind) => {
    expect(await look(html(FULL.response(kind, at)))).toEqual(RIGHT);
    expect(await look(html(WITHOUT.response(kind, at)))).toEqual(RIGHT);
  });
});

describe('all of them', () => {
  test('say different things', () => {
    const bodies = KINDS.map((kind) =>
      html(FULL.response(kind, { head: false, close: true, reader: { accept: 'text/html', acceptLanguage: 'fr' } })),
    );
    expect(new Set(bodies).size).toBe(KINDS.length);
  });
});
