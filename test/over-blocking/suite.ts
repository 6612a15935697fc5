/**
 * Requirements 47 and 48 on a list of any size, through the text format, a compiled file, the matcher and the judge: nothing
 * harmless is blocked, everything listed is, however it is spelled.
 */
import { existsSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { compileToFile } from '../../src/list/format/compile-file.ts';
import { yieldToEventLoop } from '../../src/lib/pauses.ts';
import { openCompiledList } from '../../src/list/format/compiled-file.ts';
import { Matcher } from '../../src/match/matcher.ts';
import { imageOf } from '../../src/match/segment-records.ts';
import { openSnapshot } from '../../src/match/snapshot.ts';
import { Judge } from '../../src/policy/judge.ts';
import { splitUrl } from '../../src/url/split.ts';
import { explainedBy } from '../verdict/support.ts';
import { corpusPath } from '../support/corpora.ts';
import { noteSkipped } from '../support/programs.ts';
import { listedUrl, listLine, neighbours, REAL_NAMES, siteHost } from './listed.ts';
import { SPELLING_NAMES, spelled } from './spellings.ts';

export interface Size {
  /** Eight a site. */
  readonly entries: number;
  /** Entries that are tried in every spelling: at most an eighth of all. */
  readonly spelled: number;
  /** Harmless addresses that are asked for. */
  readonly harmless: number;
}

/** Of sites whose neighbourhood is asked for: every tenth. */
const SITE_STEP = 10;
const TODAY = 20_000;
const WHEN = { port: 80, listMask: -1, today: TODAY };
const BENIGN = corpusPath('url/benign-urls.txt');
const MAX_NAMED = 20;
const UTF8_BOM = '\u00ef\u00bb\u00bf';

export function overBlockingSuite({ entries, spelled: spelledCount, harmless: leastHarmless }: Size): void {
  const sites = entries / 8;
  let judge: Judge;

  beforeAll(async () => {
    const compiled = compileToFile(Buffer.from(lines(entries), 'latin1'), { action: 'block', today: TODAY });
    expect(compiled).toMatchObject({ refusal: null, stats: { entries } });
    const { segment } = await openCompiledList(compiled.file!, yieldToEventLoop);
    const matcher = new Matcher({ cacheEntries: 10_000 });
    matcher.use(openSnapshot([imageOf(segment, 0)]));
    judge = new Judge(matcher, [{ action: 'block' }]);
  });

  describe('nothing harmless is blocked', () => {
    let harmless = 0;

    test(`${REAL_NAMES.length} real host names, as URL and as CONNECT`, () => {
      expect(
        wrong(
          judge,
          'pass',
          REAL_NAMES.map((name) => `http://${name}/`),
        ),
      ).toEqual([]);
      expect(REAL_NAMES.filter((name) => judge.host(judge.matcher.lookup(name)!, WHEN).action !== 'pass')).toEqual([]);
      harmless += REAL_NAMES.length;
    });

    // Real addresses stay out of the repository: where the file is not beside it, the test is skipped and shown as such.
    if (!existsSync(BENIGN))
      noteSkipped({ what: 'real page addresses', why: 'url/benign-urls.txt is not beside this checkout' });
    const withCorpus = existsSync(BENIGN) ? test : test.skip;
    withCorpus(
      `47,955 real page addresses${existsSync(BENIGN) ? '' : ' (skipped: url/benign-urls.txt is not beside this checkout)'}`,
      () => {
        const urls = readFileSync(BENIGN, 'latin1')
          .replace(UTF8_BOM, '')
          .split('\n')
          .filter((line) => line !== '');
        expect(urls.length).toBeGreaterThan(47_000);
        // One of them has no host.
        expect(wrong(judge, 'pass', urls)).toEqual(['refuse: https://']);
        harmless += urls.length;
      },
    );

    test('neighbours of what is listed: siblings, parents, near misses', () => {
      const near = Array.from({ length: sites / SITE_STEP }, (_, i) => neighbours(i * SITE_STEP)).flat();
      expect(wrong(judge, 'pass', near)).toEqual([]);
      harmless += near.length;
    });

    test('what dots lead out of a listed directory is blocked by a reading that has its name', () => {
      for (let i = 0; i < sites; i += sites / 1000) {
        const { verdict, decidedBy } = explainedBy(judge, `http://${siteHost(i)}/d-${i}/e/../x`, WHEN);
        expect(verdict?.action).toBe('block');
        expect(decidedBy?.reading).toMatch(/^as a router that resolves no dots/);
      }
    });

    test('a site with listed pages, and the parents of listed hosts, stay open to CONNECT', () => {
      const hosts = Array.from({ length: sites / SITE_STEP }, (_, i) => siteHost(i * SITE_STEP)).flatMap((host) => [
        host,
        `t.${host}`,
        `u.t.${host}`,
        `x.h.${host}`,
      ]);
      expect(hosts.filter((host) => judge.host(judge.matcher.lookup(host)!, WHEN).action !== 'pass')).toEqual([]);
      harmless += hosts.length;
    });

    test(`which makes at least ${leastHarmless}`, () => {
      expect(harmless).toBeGreaterThanOrEqual(leastHarmless);
    });
  });

  describe('everything listed is blocked', () => {
    test('every entry, in plain spelling', () => {
      let missed = 0;
      for (let i = 0; i < entries; i += 1)
        if (actionOf(judge, spelled(listedUrl(i), 'plain', 0)) !== 'block') missed += 1;
      expect(missed).toBe(0);
    });

    test('by the entry of its own line', () => {
      for (let i = 0; i < 8000; i += 1) {
        const { host, port, path, query } = listedUrl(i);
        expect(
          judge.url(judge.matcher.lookup(host)!, query === null ? path : `${path}?${query}`, {
            ...WHEN,
            port: port ?? 80,
          }),
        ).toMatchObject({ action: 'block', entry: BigInt(i + 1) });
      }
    });

    test.each(SPELLING_NAMES)(`${spelledCount} entries: %s`, (spelling) => {
      const step = entries / spelledCount;
      const urls = Array.from({ length: spelledCount }, (_, i) => {
        // Each scope comes as often: the step is a multiple of eight.
        const index = i * step + (i % 8);
        return spelled(listedUrl(index), spelling, index);
      });
      expect(wrong(judge, 'block', urls)).toEqual([]);
    });

    test('in at least twelve spellings', () => {
      expect(SPELLING_NAMES.length).toBeGreaterThanOrEqual(12);
      for (const index of [0, 3, 6])
        expect(new Set(SPELLING_NAMES.map((name) => spelled(listedUrl(index), name, 5))).size).toBe(
          SPELLING_NAMES.length,
        );
    });
  });
}

/** Those that are not judged as they should be; the first few. URLs are byte strings. */
function wrong(judge: Judge, want: string, urls: readonly string[]): readonly string[] {
  const found: string[] = [];
  for (const url of urls) {
    const action = actionOf(judge, url);
    if (action !== want && found.length < MAX_NAMED) found.push(`${action}: ${url}`);
  }
  return found;
}

function actionOf(judge: Judge, text: string): string {
  const url = splitUrl(text);
  const facts = url === null ? null : judge.matcher.lookup(url.host);
  if (url === null || facts === null) return 'refuse';
  return judge.url(facts, url.target, { ...WHEN, port: url.port ?? 80 }).action;
}

function lines(entries: number): string {
  const parts: string[] = [];
  for (let i = 0; i < entries; i += 1) parts.push(listLine(i));
  return `${parts.join('\n')}\n`;
}
