/** Each response in the proxy's own name as a page in a real Chromium, in every language that is shipped: axe finds nothing, and it asks for nothing. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';
import { LOCAL_RESPONSES, LocalResponses } from '../../src/block/local-responses.ts';
import type { LocalResponseKind } from '../../src/block/local-responses.ts';
import { axeViolations } from '../support/axe.ts';
import { HANG_BOUND_MS } from '../support/hang-bound.ts';
import { SHIPPED } from '../support/languages.ts';
import { describeWith, programPath } from '../support/programs.ts';
import { OPERATOR_PAGE } from './page-lists.ts';
import { readResponse } from './read-response.ts';

const CHROMIUM = programPath('chromium');
const responses = new LocalResponses({ pseudonym: 'cf-0', languages: SHIPPED, page: OPERATOR_PAGE });
const KINDS = Object.keys(LOCAL_RESPONSES).filter(
  (kind): kind is LocalResponseKind => kind in LOCAL_RESPONSES && kind !== 'options',
);

let browser: Browser;
beforeAll(async () => {
  if (CHROMIUM === null) return;
  browser = await chromium.launch({
    timeout: HANG_BOUND_MS,
    executablePath: CHROMIUM,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
  });
});
afterAll(async () => {
  if (CHROMIUM !== null) await browser.close();
});

describeWith(['chromium'])('own responses in Chromium', () => {
  test.each(SHIPPED.map(({ tag }) => tag))(
    '%s: axe finds nothing, by light and by dark, and nothing is asked for',
    async (tag) => {
      for (const colorScheme of ['light', 'dark'] as const) {
        const page = await browser.newPage({ viewport: { width: 320, height: 640 }, colorScheme });
        page.setDefaultTimeout(HANG_BOUND_MS);
        const asked: string[] = [];
        page.on('request', (request) => asked.push(request.url()));
        for (const kind of KINDS) {
          const reader = { accept: 'text/html', acceptLanguage: tag };
          const { body, fields } = readResponse(responses.response(kind, { head: false, close: true, reader }));
          expect(fields.get('content-type')).toContain('text/html');
          await page.setContent(body);
          expect({ kind, lang: await page.evaluate<string>('document.documentElement.lang') }).toEqual({
            kind,
            lang: tag,
          });
          expect({ kind, violations: await axeViolations(page) }).toEqual({ kind, violations: [] });
        }
        expect(asked).toEqual([]);
        await page.close();
      }
    },
  );
});
