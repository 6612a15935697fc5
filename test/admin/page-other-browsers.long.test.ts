/**
 * The status page in Firefox and in WebKitGTK, as an operator opens it who has no Chromium: all of its parts are there and work.
 * What each part says in each state: the tests in Chromium.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startAdmin } from '../../src/admin/server.ts';
import type { Admin } from '../../src/admin/server.ts';
import { eventually } from '../support/eventually.ts';
import { Firefox } from '../support/firefox.ts';
import { describeWith } from '../support/programs.ts';
import { MINI_BROWSER, WebKit } from '../support/webkit.ts';
import { EXPLANATIONS } from './explanations.ts';
import { madeUpDay, madeUpView } from './made-up-instance.ts';
import { adminSources } from './sources.ts';

/** What a test asks of either browser. */
interface DrivenBrowser {
  open(url: string): Promise<unknown>;
  size(width: number, height: number): Promise<void>;
  evaluate(script: string): Promise<unknown>;
}

const CHART_LINES = 9;
const STATE = `
const text = (selector) => [...document.querySelectorAll(selector)].map((each) => each.innerText.replaceAll(/\\s+/g, ' ').trim());
return JSON.stringify({
  title: document.title,
  state: document.querySelector('#state').dataset.state,
  tiles: text('#now > *').length,
  lists: text('#lists tbody tr:not(.more) th'),
  first: text('#lists tbody tr:not(.more)')[0],
  drawn: [...document.querySelectorAll('#charts path.line-1')].filter((path) => (path.getAttribute('d') ?? '').length > 20).length,
  parts: text('h2').filter((head) => head !== '').map((head) => head.replace(/ last 1 min$/, '')),
  isWide: document.documentElement.scrollWidth > document.documentElement.clientWidth,
});`;
const ASK = `
document.querySelector('#ask-url').value = 'http://host.example/a/..%2fpage';
document.querySelector('#ask button[type=submit]').click();`;

describeWith(['firefox-esr', 'WebKitWebDriver', MINI_BROWSER, 'Xvfb'])('the status page in other browsers', () => {
  let admin: Admin;

  beforeAll(async () => {
    const explain = (): (typeof EXPLANATIONS)['block'] => EXPLANATIONS.block;
    const sources = adminSources({ ...madeUpView(), explain });
    admin = await startAdmin({ address: '127.0.0.1', port: 0, hosts: [] }, { ...sources, activity: await madeUpDay() });
  });
  afterAll(async () => await admin.close());

  async function expectAllParts(browser: DrivenBrowser): Promise<void> {
    await browser.open(`http://127.0.0.1:${admin.port}/`);
    for (const width of [1200, 500]) {
      await browser.size(width, 800);
      const shown = await eventually(
        'the page has drawn its charts',
        async () => JSON.parse((await browser.evaluate(STATE)) as string) as { readonly drawn: number },
        ({ drawn }) => drawn === CHART_LINES,
      );
      expect(shown).toEqual({
        title: `Ready – 127.0.0.1:${admin.port} – Cleanfeed`,
        state: 'ready',
        tiles: 16,
        lists: ['court-orders', 'national-dns', 'clearing-house', 'own-allow'],
        first: expect.stringMatching(/^court-orders Fault: last update failed: line 212: not a host; .* 8,630 100 % /),
        drawn: CHART_LINES,
        parts: [
          'Needs attention',
          'Explain an address',
          'Now',
          'Lists',
          'Traffic',
          'Limits',
          'Listeners',
          'Workers',
          'Details',
        ],
        isWide: false,
      });
    }
    await browser.evaluate(ASK);
    const explained = await eventually(
      'the box has an answer',
      async () => (await browser.evaluate("return document.querySelector('#explained').innerText")) as string,
    );
    expect(explained).toMatch(/^Blocked by list clearing-house\n(?:.|\n)*3 look-ups, in order/);
  }

  test('Firefox', async () => {
    await using firefox = await Firefox.start();
    await expectAllParts(firefox);
  });

  test('WebKitGTK', async () => {
    await using webkit = await WebKit.start();
    await expectAllParts(webkit);
  });
});
