/**
 * The status page of the real thing in Chromium: the box asks the lists in force, and leaves no trace; what the day has seen is there again
 * after the process was killed, and a damaged file keeps nobody from starting.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { chromium } from 'playwright-core';
import type { Page } from 'playwright-core';
import { axeViolations } from '../support/axe.ts';
import { eventually } from '../support/eventually.ts';
import { filesIn } from '../support/files-in.ts';
import { HANG_BOUND_MS } from '../support/hang-bound.ts';
import { statusOf } from '../support/ok-origin.ts';
import { programPath } from '../support/program-path.ts';
import { describeWith } from '../support/programs.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';

interface Day {
  readonly marks: readonly { readonly kind: string; readonly list?: string; readonly entries?: number }[];
}

async function marksOf(proxy: ProxyProcess): Promise<Day['marks']> {
  return (JSON.parse((await proxy.admin('/history/day')).body) as Day).marks;
}

/** Null: it was not written yet. */
function historyFile(proxy: ProxyProcess): string | null {
  const name = readdirSync(proxy.file('state')).find((file) => /^history-[0-9a-f]{12}\.json$/.test(file));
  return name === undefined ? null : proxy.file(`state/${name}`);
}

/** The path of the file, once it is there. */
async function written(proxy: ProxyProcess, text: string): Promise<string> {
  const file = await eventually(
    `the day is on disk with ${text}`,
    () => historyFile(proxy),
    (path) => path !== null && readFileSync(path, 'utf8').includes(text),
  );
  return file!;
}

async function withPage(proxy: ProxyProcess, use: (page: Page) => Promise<void>): Promise<void> {
  const browser = await chromium.launch({
    timeout: HANG_BOUND_MS,
    executablePath: programPath('chromium')!,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
  });
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(HANG_BOUND_MS);
    await page.goto(`http://127.0.0.1:${proxy.adminPort}/`);
    await page.locator('#state[data-state="ready"]').waitFor();
    await use(page);
  } finally {
    await browser.close();
  }
}

describeWith(['chromium'])('the box for addresses', () => {
  test('answers by the lists in force, counts nothing, and no file or line of the log tells what was asked', async () => {
    await using proxy = await startProxy({
      lists: { main: 'http://listed-host.test/dir/page\n', own: { text: 'whole-host.test\n', action: 'count' } },
    });
    const before = await proxy.metrics();
    await withPage(proxy, async (page) => {
      const ask = async (url: string): Promise<string> => {
        await page.getByLabel('Address or host name').fill(url);
        await page.keyboard.press('Enter');
        const answer = page.locator('#explained > div');
        await answer.getByText(url, { exact: false }).first().waitFor();
        return (await answer.innerText()).replaceAll(/\s+/g, ' ');
      };
      expect(await ask('http://listed-host.test/dir/page')).toMatch(
        /^Blocked by list main Judged as http:\/\/listed-host\.test\/dir\/page .*Entry main:1 .*Listener explicit/,
      );
      expect(await ask('http://whole-host.test/any')).toMatch(/^Passes, counted only by list own /);
      expect(await ask('http://asked-host.test/')).toMatch(/^Passes: no entry applies /);
      expect(await axeViolations(page)).toEqual([]);
    });
    const after = await proxy.metrics();
    const counted = (metrics: ReadonlyMap<string, number>): [string, number][] =>
      [...metrics].filter(([name]) => /^cleanfeed_(?:requests|list_hits|dns_queries)_total/.test(name));
    expect(counted(after)).toEqual(counted(before));
    const kept = filesIn(proxy.file('state')).map(({ bytes }) => bytes.toString('latin1'));
    for (const text of [...kept, proxy.stderr]) expect(text).not.toMatch(/asked-host|listed-host|whole-host/);
  });
});

describe('the day', () => {
  test('survives a process that is killed: changes of lists are marked, and what is the same has not changed', async () => {
    const first = await startProxy({ lists: { main: 'one.test\n', still: 'still.test\n' } });
    await eventually(
      'both lists are marked',
      async () => await marksOf(first),
      (marks) => marks.filter(({ kind }) => kind === 'list').length === 2,
    );
    writeFileSync(first.file('main.txt'), 'one.test\ntwo.test\n');
    await written(first, '"entries":2');
    await using second = await first.killAndRestart();
    await second.ready();
    const marks = await eventually(
      'what was kept is there',
      async () => await marksOf(second),
      (all) => all.length >= 4,
    );
    expect(marks).toEqual([
      expect.objectContaining({ kind: 'start' }),
      expect.objectContaining({ kind: 'list', list: 'main', before: null, entries: 1 }),
      expect.objectContaining({ kind: 'list', list: 'still', before: null, entries: 1 }),
      expect.objectContaining({ kind: 'list', list: 'main', before: 1, entries: 2 }),
    ]);
  });

  test('survives a stop: the rates and hits of the time before are there', async () => {
    const first = await startProxy({ lists: { main: 'listed.test\n' }, config: { shutdown: { lameDuck: '0s' } } });
    for (let i = 0; i < 20; i += 1) expect(await statusOf(first.port, 'http://listed.test/')).toBe(403);
    first.signal('SIGTERM');
    expect(await first.exited).toMatchObject({ code: 0 });
    await using second = await first.killAndRestart();
    await second.ready();
    const { blocked } = await eventually(
      'what was kept is there',
      async () => JSON.parse((await second.admin('/history/day')).body) as { readonly blocked: readonly number[] },
      (day) => day.blocked.length > 0,
    );
    expect(blocked[0]).toBeGreaterThan(0);
    const { lists } = (await second.status()) as object as { lists: { hits: object }[] };
    expect(lists[0]?.hits).toEqual({ hour: 20, day: 20 });
  });

  test('that is damaged is set aside with a line in the log, and the instance starts', async () => {
    const first = await startProxy({ lists: { main: 'one.test\n' } });
    const file = await written(first, '"entries":1');
    first.signal('SIGKILL');
    await first.exited;
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, 40));
    await using second = await first.killAndRestart();
    await second.ready();
    await eventually(
      'it says so',
      () => second.logged('history.set_aside'),
      (lines) => lines.length === 1,
    );
    expect(readFileSync(`${file}.damaged`, 'utf8')).toHaveLength(40);
  });
});
