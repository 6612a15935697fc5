/**
 * The status page in a real Chromium: what an engineer reads in an alarm, on a desk and on a phone, by eye, keyboard and
 * accessibility tree. The day behind it is made up. Lists and the box for addresses: page-parts-browser.real.test.ts; pictures: page-pictures.real.test.ts.
 */
import { expect, test } from '@jest/globals';
import type { ControlView } from '../../src/observe/control-view.ts';
import { NOW } from '../observe/fixtures.ts';
import { contrast, luminance } from '../support/contrast.ts';
import { describeWith } from '../support/programs.ts';
import { DESK, PHONE, lines, pageInBrowser } from './page-in-browser.ts';
import type { Opened } from './page-in-browser.ts';

const inBrowser = describeWith(['chromium']);
const open = pageInBrowser();

inBrowser('status page in Chromium', () => {
  test('ready: said in title, heading and colour', async () => {
    await open(DESK, {}, async ({ page, admin }) => {
      expect(await page.title()).toBe(`Ready – 127.0.0.1:${admin.port} – Cleanfeed`);
      expect(await page.getByRole('status').innerText()).toBe('Ready');
      expect(await page.locator('#state').getAttribute('data-state')).toBe('ready');
    });
  });

  test('not ready: why', async () => {
    await open(
      DESK,
      { view: { notReady: () => ['list own: no such file', 'worker 1: does not respond'] } },
      async ({ page }) => {
        expect(await page.getByRole('status').innerText()).toMatch(
          /^Not ready\s+list own: no such file\s+worker 1: does not respond$/,
        );
      },
    );
  });

  test('bypass is loud', async () => {
    const endsAt = Date.UTC(2026, 10, 25, 3, 30);
    await open(DESK, { view: { bypass: () => true, bypassEndsAt: () => endsAt } }, async ({ page }) => {
      expect(await page.getByRole('status').innerText()).toMatch(
        /^BYPASS: nothing is filtered\s+bypass ends at \d\d:\d\d:00$/,
      );
      expect(await page.locator('#state').getAttribute('data-state')).toBe('bypass');
      expect(await page.title()).toContain('BYPASS');
      // No colour that warnings have.
      const colour = async (selector: string): Promise<string> =>
        await page.evaluate<string>(`getComputedStyle(document.querySelector('${selector}')).color`);
      const item = page.locator('#attention li').first();
      expect(lines([await item.innerText()])[0]).toMatch(
        /^Bypass: nothing is filtered: .* cleanfeed ctl bypass off -c /,
      );
      const [state, line] = [await colour('#state'), await colour('#attention [data-level=bypass]')];
      expect(state).toBe(line);
      expect([
        await colour('#attention [data-level=warning]'),
        await colour('#attention [data-level=fault]'),
      ]).not.toContain(state);
    });
  });

  test('an instance that stops answering is not shown as ready', async () => {
    await open(DESK, {}, async ({ page, admin, forgiven }) => {
      // A question may be under way.
      forgiven.push('ERR_CONNECTION_', 'ERR_EMPTY_RESPONSE');
      await admin.close();
      await page.getByText('No answer from the instance').waitFor();
      expect(await page.title()).toContain('No answer');
      expect(await page.locator('#state').getAttribute('data-state')).toBe('silent');
    });
  });

  test('it is live: what changes is shown without a reload', async () => {
    let reasons: readonly string[] = [];
    await open(DESK, { view: { notReady: () => reasons } }, async ({ page }) => {
      reasons = ['draining'];
      await page.getByRole('status').getByText('draining').waitFor();
      reasons = [];
      await page.getByRole('status').getByText('Ready', { exact: true }).waitFor();
      expect(await page.locator('#reasons li').count()).toBe(0);
    });
  });

  test('a worker that is lost while somebody looks: not ready and why, then that it was replaced', async () => {
    const worker = { worker: 0, generation: 41, unresponsive: false, startedAt: NOW - 3_600_000, restarts: 0 };
    let now: ControlView['workers'] = () => [{ ...worker, state: 'listening' }];
    let reasons: readonly string[] = [];
    await open(DESK, { view: { workers: () => now(), notReady: () => reasons } }, async ({ page }) => {
      const row = page.getByRole('table', { name: 'Data-plane workers' }).getByRole('row').nth(1);
      const item = page.locator('#attention li', { hasText: 'worker 0' });
      await row.getByText('listening').waitFor();
      expect(await item.count()).toBe(0);
      now = () => [{ ...worker, state: 'gone' }];
      reasons = ['worker 0: gone'];
      await page.getByRole('status').getByText('worker 0: gone').waitFor();
      await row.getByText('gone').waitFor();
      now = () => [{ ...worker, state: 'listening', startedAt: NOW - 1000, restarts: 1 }];
      reasons = [];
      await item.getByText('worker 0 was replaced in the last quarter of an hour').waitFor();
      expect(await page.getByRole('status').innerText()).toBe('Ready');
      expect(lines([await row.innerText()])[0]).toMatch(/ 1 s 1 41 listening$/);
    });
  });

  test('the figures of the last minute, lists and workers', async () => {
    await open(DESK, {}, async ({ page }) => {
      expect(lines(await page.locator('#now > div').allInnerTexts())).toEqual(
        expect.arrayContaining([
          'Passed 3,840/s',
          'Blocked 1.3/s',
          'Refused 0.4/s',
          'Errors 0.9/s <1 % of requests',
          'Questions passed 400/s',
          'Questions blocked 0/s',
          'Time added p50 42 µs',
          'Connections 5,210',
        ]),
      );
      const listener = page.getByRole('table', { name: 'Listeners' }).getByRole('row');
      expect(lines(await listener.allInnerTexts())).toEqual([
        'Listener Mode Address Connections Passed Blocked Refused Errors Steered',
        'explicit explicit 192.0.2.7 port 3128 1,737 1,200/s 0/s 0/s 0/s –',
        'inline transparent 192.0.2.7 port 8080 1,737 2,240/s 0/s 0/s 0/s –',
        'dns dns 192.0.2.7 port 53 1,737 400/s 0/s 0/s 0/s 0/s',
      ]);
      const worker = page.getByRole('table', { name: 'Data-plane workers' }).getByRole('row');
      expect(lines(await worker.allInnerTexts()).slice(1, 4)).toEqual([
        'worker 0 960/s 1,303 3 d 7 h 0 41 listening',
        'worker 1 960/s 1,303 3 d 7 h 0 41 listening',
        'worker 2 950/s 1,303 3 d 7 h 0 40 serves an older generation',
      ]);
      expect(await page.locator('#about').innerText()).toMatch(/^Cleanfeed 1.2.3, Node v26[.\d]+, up 3 d 7 h$/);
      expect(await page.locator('#configuration').innerText()).toBe(
        '/etc/cleanfeed/cleanfeed.yaml, in force since 1 d 2 h',
      );
      expect(await page.locator('#upstream-errors').innerText()).toContain('connect timeout: 41');
      expect(lines(await page.locator('#outlets li').allInnerTexts())).toEqual([
        'zone:block.rpz.example: told 5 h ago, national-dns',
      ]);
      expect(await page.locator('#self-tests').innerText()).toBe('clearing-house: passed, 2 addresses, 4 min ago');
    });
  });

  test('what needs attention is at the top, faults first, in words, with since when, runbook and command', async () => {
    await open(DESK, {}, async ({ page, admin, forgiven }) => {
      const items = lines(await page.locator('#attention li').allInnerTexts());
      expect(items.map((item) => item.replace(/since 2026-11-01 \d\d:\d\d,/, 'since THEN,'))).toEqual([
        'Fault: list court-orders: last update failed: line 212: not a host; the last good one is in force since THEN, runbook, cleanfeed ctl reload -c /etc/cleanfeed/cleanfeed.yaml',
        'Warning: list national-dns: version 89 is HELD: it has 7212 entries and the list in force 3120: 131 % more since THEN, runbook, cleanfeed ctl accept national-dns 89 -c /etc/cleanfeed/cleanfeed.yaml',
        'Warning: worker 2 serves an older generation since THEN, runbook, cleanfeed ctl workers -c /etc/cleanfeed/cleanfeed.yaml',
      ]);
      // A page of text has no icon of its own, which the browser asks for.
      forgiven.push('404 (Not Found)');
      await page.getByRole('link', { name: 'runbook' }).nth(1).click();
      expect(page.url()).toBe(`http://127.0.0.1:${admin.port}/runbook/cleanfeedlistheld`);
      expect(await page.locator('body').innerText()).toMatch(/^### CleanfeedListHeld\n[^]*ctl accept NAME VERSION/);
    });
  });

  test('limits are meters with names, values and words', async () => {
    await open(DESK, {}, async ({ page }) => {
      const meters = page.getByRole('meter');
      expect(await meters.evaluateAll((all) => all.map((each) => `${each.ariaLabel}: ${each.ariaValueText}`))).toEqual([
        'Client connections: 16 %, 5,210 of 32,768',
        'File descriptors: 16 %, 10,622 of 65,536',
        expect.stringMatching(/^Memory: 40 %, 412 MiB of 1 GiB, lists 96 MiB$/),
        expect.stringMatching(/^CPU, cores: \d+ %, 0.9 of \d+$/),
      ]);
    });
  });

  test('draining is said, and that nothing should come here', async () => {
    const view = { notReady: () => ['draining'], draining: () => true };
    await open(DESK, { view }, async ({ page }) => {
      expect(lines([await page.locator('#state').innerText()])).toEqual([
        'Draining: about to stop open connections are being ended; no new traffic should come here',
      ]);
    });
  });

  test.each([-86_400_000, 86_400_000])('a reader whose clock is wrong by %d ms reads the same ages', async (wrong) => {
    const read = async ({ page }: Opened): Promise<void> => {
      expect(await page.locator('#lists tbody').innerText()).toMatch(
        /2 h 5 min ago[^]*58 s ago[^]*3 min ago[^]*18 s ago/,
      );
      expect(await page.locator('#workers tbody').innerText()).toContain('3 d 7 h');
      expect(await page.locator('#configuration').innerText()).toContain('in force since 1 d 2 h');
    };
    await open(DESK, { clock: Date.now() + wrong }, read);
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
      expect(await chart.locator('path[class^="line"]').count()).toBe(2);
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
      for (let press = 0; press < 32; press += 1) {
        await page.keyboard.press('Tab');
        reached.push(
          await page.evaluate<string>(
            `(document.activeElement.getAttribute('aria-label') ?? (document.activeElement.labels?.[0] ?? document.activeElement).textContent).trim().split(',')[0]`,
          ),
        );
      }
      expect(lines(reached)).toEqual([
        'Pause updates',
        'Explain',
        'Now',
        'Lists',
        'Traffic',
        'Limits',
        'Listeners',
        'Workers',
        'Details',
        'runbook',
        'runbook',
        'runbook',
        'Address or host name',
        'Explain',
        'As a certain client',
        'court-orders',
        'national-dns',
        'clearing-house',
        'own-allow',
        'last hour',
        'Requests passed',
        'Requests not passed',
        'Questions passed',
        'Questions steered or blocked',
        'Questions refused or failed',
        'Time added',
        'Time of origins',
        'Upstream errors',
        'Client connections',
        'Changes of lists in this time: 1',
        '/status',
        '/history',
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
        'Needs attention',
        'Explain an address',
        expect.stringMatching(/^Now/),
        'Lists',
        'Traffic',
        'Limits',
        expect.stringMatching(/^Listeners/),
        expect.stringMatching(/^Workers/),
        expect.stringMatching(/^Details/),
        'Upstream errors',
        'Client connections dropped',
        'Self-tests',
        'Zones and routes',
        'Configuration',
        'This release',
      ]);
      const lists = page.getByRole('table', { name: 'Lists:' });
      expect(await lists.getByRole('row').count()).toBe(5);
      expect(await lists.getByRole('rowheader').allInnerTexts()).toEqual([
        'court-orders',
        'national-dns',
        'clearing-house',
        'own-allow',
      ]);
      expect(await lists.getByRole('cell').count()).toBe(4 * 9);
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
        `Math.min(...[...document.querySelectorAll('body *:not(svg *, option)')].map((each) => parseFloat(getComputedStyle(each).fontSize)))`,
      );
      expect(smallest).toBeGreaterThanOrEqual(14);
    });
  });

  test.each(['light', 'dark'] as const)('%s: contrast of every text is at least 4.5 to 1', async (colorScheme) => {
    const states: Partial<ControlView>[] = [{}, { notReady: () => ['draining'] }, { bypass: () => true }];
    for (const state of states) {
      await open({ ...DESK, colorScheme }, { view: state }, async ({ page }) => {
        const colours = await page.evaluate<[string, string, string][]>(TEXT_COLOURS);
        expect(luminance(colours[0]![2]) > 0.5).toBe(colorScheme === 'light');
        const poor = colours.filter(([, ink, paper]) => contrast(ink, paper) < 4.5);
        expect(poor).toEqual([]);
      });
    }
  });
});

/** Of every element that has text of its own: a name for it, its colour, and the colour of the first paper behind it. */
const TEXT_COLOURS = `[...document.querySelectorAll('body, body *:not(script, noscript, noscript *, option)')]
  .filter((each) => each.tagName === 'BODY' || [...each.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== ''))
  .map((each) => {
    let behind = each;
    while (behind !== null && /, 0\\)$/.test(getComputedStyle(behind).backgroundColor)) behind = behind.parentElement;
    const { color, fill } = getComputedStyle(each);
    return [each.tagName + '#' + each.id + ' ' + each.textContent.slice(0, 20), each instanceof SVGElement ? fill : color, getComputedStyle(behind ?? document.body).backgroundColor];
  })`;
