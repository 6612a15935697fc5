/** The status page in a real Chromium: lists with filter and order, the box for addresses, a day of charts, and what is still while somebody works. */
import { describe, expect, test } from '@jest/globals';
import type { ControlView } from '../../src/observe/control-view.ts';
import { describeWith } from '../support/programs.ts';
import type { ExplainQuestion } from '../../src/observe/explanation.ts';
import { EXPLANATIONS } from './explanations.ts';
import { axeViolations } from '../support/axe.ts';
import { badEvening, madeUpDay, manyLists } from './made-up-instance.ts';
import { DESK, PHONE, lines, pageInBrowser } from './page-in-browser.ts';

const inBrowser = describeWith(['chromium']);
const open = pageInBrowser();
const MANY: Partial<ControlView> = { lists: () => manyLists() };

inBrowser('the status page', () => {
  describe('lists', () => {
    test('state, last change, entries, hits, enforceable shares and when they were checked; faults first', async () => {
      await open(DESK, {}, async ({ page }) => {
        const rows = page.locator('#lists tbody tr:not(.more)');
        expect(lines(await rows.allInnerTexts())).toEqual([
          expect.stringMatching(
            /^court-orders Fault: last update failed: line 212: not a host; the last good one is in force first load, 1 d 2 h ago 214 [\d,]+ [\d,]+ 100 % 64 % 0 % 2 h 5 min ago$/,
          ),
          expect.stringMatching(
            /^national-dns Warning: version 89 is HELD: .* \+4 −11 entries, 5 h ago 3,120 .* 58 s ago$/,
          ),
          expect.stringMatching(
            /^clearing-house in force \+15 −3 entries, 17 min ago 11,488 [\d,]+ [\d,]+ 100 % 7 % 0 % 3 min ago$/,
          ),
          expect.stringMatching(/^own-allow in force, allows .* 9 .* 100 % 44 % 0 % 18 s ago$/),
        ]);
        expect(await page.locator('#lists-toolbar').isVisible()).toBe(false);
      });
    });

    test('a button opens what else is known of a list, and it stays open', async () => {
      await open(DESK, {}, async ({ page }) => {
        const button = page.getByRole('button', { name: 'national-dns' });
        expect(await button.getAttribute('aria-expanded')).toBe('false');
        await button.focus();
        await page.keyboard.press('Enter');
        expect(await button.getAttribute('aria-expanded')).toBe('true');
        await page.waitForResponse((response) => response.url().endsWith('/status'));
        const [facts = ''] = lines(await page.locator('#lists tr.more:not([hidden])').allInnerTexts());
        for (const fact of [
          'Version in force 88',
          'Version held 89: it has 7212 entries and the list in force 3120: 131 % more (cleanfeed ctl accept national-dns 89)',
          'Version before 87',
          'Publisher last heard 1 min ago',
          'Host names for outlets of version 88',
          'Copy on disk is what is in force',
          'Updates since the start updated 41, unchanged 200',
          'Entries since the start 4 added, 11 removed',
          'Last changes +4 −11 entries (version 88), 5 h ago; first load (version 87), 22 h ago',
        ])
          expect(facts).toContain(fact);
        expect(await button.evaluate((each) => each === each.ownerDocument.activeElement)).toBe(true);
      });
    });

    test('32 lists: filter, show and order, which stay while figures change', async () => {
      const activity = await madeUpDay(manyLists());
      let entries = 1;
      const lists = (): ReturnType<typeof manyLists> =>
        manyLists().map((list, index) => Object.assign({}, list, index === 0 ? { entries: (entries += 1) } : {}));
      await open(DESK, { view: { lists }, activity }, async ({ page }) => {
        const names = page.locator('#lists tbody th');
        const count = page.locator('#lists-count');
        expect(await count.innerText()).toBe('32 lists, 3 need attention');
        expect((await names.allInnerTexts()).slice(0, 3)).toEqual(['list-14-court', 'list-22-court', 'list-06-court']);

        await page.getByLabel('Name contains').fill('COURT');
        expect(await count.innerText()).toBe('8 of 32 lists, 3 need attention');
        await page.getByRole('combobox', { name: 'Sort by' }).selectOption('entries');
        const byEntries = await names.allInnerTexts();
        await page.waitForResponse((response) => response.url().endsWith('/status'));
        expect(await names.allInnerTexts()).toEqual(byEntries);
        expect(byEntries).toHaveLength(8);
        expect(await page.getByLabel('Name contains').inputValue()).toBe('COURT');

        await page.getByLabel('Name contains').fill('');
        await page.getByRole('combobox', { name: 'Show' }).selectOption('attention');
        expect(await names.count()).toBe(3);
        await page.getByRole('combobox', { name: 'Show' }).selectOption('allow');
        expect(await names.allInnerTexts()).toEqual(['list-11-partner', 'list-22-court']);
        await page.getByRole('combobox', { name: 'Show' }).selectOption('all');
        await page.getByRole('combobox', { name: 'Sort by' }).selectOption('name');
        expect((await names.allInnerTexts()).slice(0, 2)).toEqual(['list-01-regional', 'list-02-court']);
      });
    });

    test('32 lists on a narrow phone: no horizontal scroll, targets of 24 pixels and more', async () => {
      await open({ ...PHONE, viewport: { width: 320, height: 640 } }, { view: MANY }, async ({ page }) => {
        const [scroll, client] = await page.evaluate<number[]>(
          '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
        );
        expect(scroll).toBeLessThanOrEqual(client!);
        const small = await page.locator('button, input, select, summary, nav a').evaluateAll((all) =>
          all
            .map((each) => ({ name: each.id || (each.textContent ?? ''), box: each.getBoundingClientRect() }))
            .filter(({ box }) => box.height > 0 && (box.height < 20 || box.width < 20))
            .map(({ name }) => name),
        );
        expect(small).toEqual([]);
        // Was a fault: 16,700 pixels, of which nobody reads the last.
        expect(await page.evaluate<number>('document.documentElement.scrollHeight')).toBeLessThan(10_000);
        const row = page.getByRole('row', { name: /list-09-/ });
        expect(await row.getByRole('cell').count()).toBe(1);
        await row.getByRole('button').click();
        expect(await row.getByRole('cell').count()).toBe(9);
      });
    });
  });

  test('32 lists on a narrow phone on a bad evening: held, pinned, expired, off, failing, opened: all of it fits, and axe has nothing to say', async () => {
    const lists = badEvening();
    await open(
      { ...PHONE, viewport: { width: 320, height: 640 } },
      { view: { lists: () => lists } },
      async (opened) => {
        const { page } = opened;
        expect(await page.locator('#lists-count').innerText()).toMatch(/^32 lists, [789] need attention$/);
        for (const { name } of lists.slice(0, 7))
          await page.getByRole('button', { name: new RegExp(`^${name}$`) }).click();
        expect(await page.locator('#lists tr.more:not([hidden])').count()).toBe(7);
        const [scroll, client] = await page.evaluate<number[]>(
          '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
        );
        expect([scroll, client]).toEqual([320, 320]);
        for (const colorScheme of ['dark', 'light'] as const) {
          await page.emulateMedia({ colorScheme });
          expect(await axeViolations(page)).toEqual([]);
        }
      },
    );
  });

  describe('the box for addresses', () => {
    test('asks by Enter, and the answer is in words; the address is in no address of the page', async () => {
      const questions: ExplainQuestion[] = [];
      const explain: ControlView['explain'] = (question) => {
        questions.push(question);
        return EXPLANATIONS.block;
      };
      await open(DESK, { view: { explain } }, async ({ page, asked }) => {
        await page.getByLabel('Address or host name').fill('http://host.example/a/../page');
        await page.keyboard.press('Enter');
        const answer = page.locator('#explained');
        await answer.getByRole('heading', { name: 'Blocked by list clearing-house' }).waitFor();
        expect(lines([await answer.innerText()])[0]).toBe(
          'Blocked by list clearing-house Judged as http://host.example/page List clearing-house Entry clearing-house:88231 The entry does block Read as decoded before dot segments are resolved Enforceable here yes Listener inline Generation 41 3 look-ups, in order',
        );
        await answer.getByText('3 look-ups, in order').click();
        expect(lines(await answer.locator('li').allInnerTexts())).toEqual([
          'host host.example: absent',
          'path host.example/a/..%2fpage: absent',
          'path host.example/page: hit clearing-house:88231, read as decoded before dot segments are resolved – this decides',
        ]);
        expect(questions).toEqual([{ url: 'http://host.example/a/../page', listener: null, client: null, dns: false }]);
        expect([...asked, page.url()].filter((url) => url.includes('host.example'))).toEqual([]);
        expect(
          await page.evaluate<number>('localStorage.length + sessionStorage.length + history.length'),
        ).toBeLessThanOrEqual(2);
      });
    });

    // Was a fault: it said that no entry applies.
    test('under a bypass it says why the address passes', async () => {
      const reason = 'the bypass is on until 03:30: nothing is judged';
      const explain: ControlView['explain'] = () => ({ ...EXPLANATIONS.pass, reason });
      await open(DESK, { view: { explain } }, async ({ page }) => {
        await page.getByLabel('Address or host name').fill('http://host.example/page');
        await page.keyboard.press('Enter');
        const answer = page.locator('#explained');
        await answer.getByRole('heading', { name: `Passes: ${reason}` }).waitFor();
        expect(await answer.locator('[data-verdict=unjudged]').count()).toBe(1);
        expect(await answer.innerText()).not.toContain('no entry applies');
      });
    });

    test('as a client, at a listener, as a name in DNS', async () => {
      const questions: ExplainQuestion[] = [];
      const explain: ControlView['explain'] = (question) => {
        questions.push(question);
        return EXPLANATIONS.pass;
      };
      await open(DESK, { view: { explain } }, async ({ page }) => {
        await page.getByText('As a certain client').click();
        await page.getByRole('combobox', { name: 'Listener' }).selectOption('dns');
        await page.getByLabel("Client's IP address").fill('192.0.2.9');
        await page.getByLabel('as a question in DNS').check();
        await page.getByLabel('Address or host name').fill('host.example');
        await page.getByRole('button', { name: 'Explain' }).click();
        await page.getByRole('heading', { name: 'Passes: no entry applies' }).waitFor();
        expect(questions).toEqual([{ url: 'host.example', listener: 'dns', client: '192.0.2.9', dns: true }]);
      });
    });

    test('what the instance cannot answer is said', async () => {
      const explain: ControlView['explain'] = () => ({ code: 'usage', message: "'nobody' is not an IP address" });
      await open(DESK, { view: { explain } }, async ({ page, forgiven }) => {
        forgiven.push('400 (Bad Request)');
        await page.getByLabel('Address or host name').fill('host.example');
        await page.keyboard.press('Enter');
        await page.getByText("'nobody' is not an IP address").waitFor();
        expect(await page.locator('#explained h3').innerText()).toBe('Not explained');
      });
    });
  });

  test('a day: chosen by keyboard, with the changes of lists as marks and as text', async () => {
    await open(DESK, {}, async ({ page }) => {
      await page.getByRole('radio', { name: 'last hour' }).focus();
      await page.keyboard.press('ArrowRight');
      const chart = page.getByRole('img', { name: /^Requests passed, last 24 hours\. Now: / });
      await chart.waitFor();
      expect(await chart.locator('line.mark.list').count()).toBe(6);
      await page.getByText('Changes of lists in this time: 6').click();
      expect(lines(await page.locator('#marks li').allInnerTexts())[0]).toMatch(
        /^\d\d:\d\d:\d\d: clearing-house, \+15 −3 entries \(version 1207\)$/,
      );
      await chart.focus();
      const readout = page.locator('figure', { has: chart }).locator('.readout');
      for (let press = 0; press < 3; press += 1) await page.keyboard.press('ArrowLeft');
      expect(await readout.innerText()).toMatch(/passed [\d,]+\/s; list clearing-house: \+15 −3 entries$/);
    });
  });

  test.each([
    {
      name: 'requests alone',
      modes: ['explicit', 'transparent'],
      charts: ['Requests passed', 'Requests not passed', 'Time added', 'Time of origins', 'Upstream errors'],
      tiles: ['Passed', 'Blocked'],
    },
    {
      name: 'questions alone',
      modes: ['dns'],
      charts: ['Questions passed', 'Questions steered or blocked', 'Questions refused or failed'],
      tiles: ['Questions passed', 'Questions blocked'],
    },
    {
      name: 'both',
      modes: ['steered', 'dns'],
      charts: [
        'Requests passed',
        'Requests not passed',
        'Questions passed',
        'Questions steered or blocked',
        'Questions refused or failed',
        'Time added',
        'Time of origins',
        'Upstream errors',
      ],
      tiles: ['Passed', 'Blocked', 'Questions passed', 'Questions blocked'],
    },
  ] as const)('an instance with $name has charts and figures of it', async ({ modes, charts, tiles }) => {
    const listeners = modes.map((mode) => ({ name: mode, mode, address: '192.0.2.7', port: 80 }));
    await open(DESK, { view: { listeners: () => listeners } }, async ({ page }) => {
      const titles = page.locator('#charts figure:visible figcaption span:first-child');
      expect(lines(await titles.allInnerTexts())).toEqual([...charts, 'Client connections']);
      const names = lines(await page.locator('#now dt').allInnerTexts());
      expect(names.filter((name) => /(?:passed|blocked)$/i.test(name))).toEqual(tiles);
    });
  });

  // Was a fault: the lines of before stayed, and the readout said that they were of now.
  test('an instance that was replaced by an older one, without figures of questions: their charts are empty', async () => {
    await open(DESK, {}, async ({ page }) => {
      const charts = page.locator('#charts figure', { hasText: 'Questions' });
      expect([await charts.count(), await charts.locator('path.line-1').count()]).toEqual([3, 3]);
      await page.route('**/history/day', async (route) => {
        const answer: object = await (await route.fetch()).json();
        const older = Object.entries(answer).filter(([key]) => !key.startsWith('questions'));
        await route.fulfill({ json: Object.fromEntries(older) });
      });
      await page.getByLabel('last 24 hours').check();
      await page.getByRole('img', { name: /^Requests passed, last 24 hours\. Now: / }).waitFor();
      expect(await charts.locator('path').count()).toBe(0);
      expect(await charts.locator('.readout').allInnerTexts()).toEqual(['', '', '']);
      expect(await page.getByRole('img', { name: /^Questions .*Now: / }).count()).toBe(0);
    });
  });

  test('paused, nothing changes until it goes on', async () => {
    let generation = 41;
    await open(DESK, { clock: 'moved', view: { generation: () => generation } }, async ({ page, asked }) => {
      await page.getByRole('button', { name: 'Pause updates' }).click();
      const before = asked.length;
      generation = 42;
      const button = page.getByRole('button', { name: /^Paused at \d\d:\d\d:\d\d: go on$/ });
      // Many times as long as the page waits between two questions.
      await page.clock.runFor(60_000);
      expect(asked.slice(before).filter((url) => url.endsWith('/status')).length).toBeLessThanOrEqual(1);
      expect(lines(await page.locator('#now div').allInnerTexts())).toContain('Generation 41');
      await button.click();
      await page.locator('#now div', { hasText: 'Generation' }).getByText('42', { exact: true }).waitFor();
    });
  });

  test('without JavaScript it has the facts, nothing that is empty, and says where the rest is to be had', async () => {
    await open(DESK, {}, async ({ page, admin }) => {
      const plain = await page
        .context()
        .browser()!
        .newContext({ ...DESK, javaScriptEnabled: false });
      const still = await plain.newPage();
      await still.goto(`http://127.0.0.1:${admin.port}/`);
      expect(lines([await still.locator('noscript').innerText()])[0]).toMatch(
        /As of 20.*need JavaScript.*\/status.*cleanfeed ctl status.*cleanfeed ctl explain URL/,
      );
      expect(lines([await still.locator('#state').innerText()])).toEqual(
        lines([await page.locator('#state').innerText()]),
      );
      const names = await page.locator('#lists tbody th').allInnerTexts();
      expect(await still.locator('#lists tbody th').allInnerTexts()).toEqual(names);
      const shown = await still.locator('h2:visible').allInnerTexts();
      expect(lines(shown)).toEqual(['Needs attention', 'Lists']);
      expect(await still.locator('button:visible, input:visible, select:visible').count()).toBe(0);
      await plain.close();
    });
  });
});
