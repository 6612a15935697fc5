/**
 * `npm run bench:page`: how soon the status page of a real instance with 32 lists is seen in Chromium.
 *
 *   serve, 32 lists ◀── Chromium: navigation ─▶ first paint ─▶ state known ─▶ 32 rows
 *
 * Times are the browser's own, from the beginning of the navigation; each visit has a context of its own, so that nothing is cached. It ends
 * with 1 where a visit does not show all lists, never because a figure is over its target.
 */
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';
import { programPath } from '../../test/support/program-path.ts';
import { startProxy } from '../../test/support/proxy-process.ts';
import { FLAG, readCommandLine, runBench, TEXT, wholeNumber } from '../command-line.ts';
import { loadText, machineLine } from '../load/machine.ts';

const LISTS = 32;
const ENTRIES = 500;
const TARGET_MS = 200;

interface Visit {
  readonly firstPaint: number;
  readonly state: number;
  readonly rows: number;
}

await runBench({ help: 'npm run bench:page -- [--visits 30]\n', parse: parseOptions, run });

/** Null: help is wanted. */
function parseOptions(args: readonly string[]): number | null {
  const { values } = readCommandLine({ args: [...args], options: { visits: TEXT, help: FLAG }, strict: true });
  return values.help === true ? null : wholeNumber('visits', values.visits ?? '30', 1);
}

async function run(count: number): Promise<number> {
  process.stdout.write(`${machineLine()}\n`);
  await using proxy = await startProxy({
    lists: Object.fromEntries(Array.from({ length: LISTS }, (_, list) => [`list-${list}`, entriesOf(list)])),
  });
  const browser = await chromium.launch({
    executablePath: programPath('chromium') ?? 'chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
  });
  try {
    const visits: Visit[] = [];
    // The first is of a browser that has just begun.
    await visit(browser, proxy.adminPort);
    for (let done = 0; done < count; done += 1) visits.push(await visit(browser, proxy.adminPort));
    report(visits);
    return 0;
  } finally {
    await browser.close();
  }
}

function entriesOf(list: number): string {
  return Array.from({ length: ENTRIES }, (_, entry) => `host-${list}-${entry}.test\n`).join('');
}

async function visit(browser: Browser, port: number): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  try {
    const page = await context.newPage();
    // Noted by the page itself as it happens, not when somebody asks.
    await page.addInitScript(`new MutationObserver(() => {
      const seen = (globalThis.seen ??= {});
      if (document.querySelector('#state[data-told]') !== null) seen.state ??= performance.now();
      if (document.querySelectorAll('#lists tbody tr:not(.more)').length === ${LISTS}) seen.rows ??= performance.now();
    }).observe(document, { childList: true, subtree: true, attributes: true })`);
    await page.goto(`http://127.0.0.1:${port}/`);
    await page
      .locator('#lists tbody tr:not(.more)')
      .nth(LISTS - 1)
      .waitFor();
    return await page.evaluate<Visit>(`({
      firstPaint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN,
      state: globalThis.seen.state,
      rows: globalThis.seen.rows,
    })`);
  } finally {
    await context.close();
  }
}

function report(visits: readonly Visit[]): void {
  const line = (name: string, of: (visit: Visit) => number): string => {
    const sorted = visits.map(of).toSorted((one, other) => one - other);
    const at = (share: number): string =>
      `${Math.round(sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN)} ms`;
    return `${name.padEnd(34)} median ${at(0.5).padStart(7)}   p10 ${at(0.1).padStart(7)}   p90 ${at(0.9).padStart(7)}\n`;
  };
  process.stdout.write(
    `status page, ${LISTS} lists of ${ENTRIES} entries, ${visits.length} visits, load after ${loadText()}\n` +
      line(`first paint (target ${TARGET_MS} ms)`, ({ firstPaint }) => firstPaint) +
      line('the state is told', ({ state }) => state) +
      line('all lists are in the table', ({ rows }) => rows),
  );
}
