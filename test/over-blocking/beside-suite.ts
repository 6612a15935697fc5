/**
 * Requirements 47 and 59, the converse: harmless addresses on hosts that have entries beside them, folded ones too.
 * None is blocked, but by a reading that has a name: an address that some origin takes for the listed one.
 */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { compileToFile } from '../../src/list/format/compile-file.ts';
import { openCompiledList } from '../../src/list/format/compiled-file.ts';
import { yieldToEventLoop } from '../../src/lib/pauses.ts';
import { Matcher } from '../../src/match/matcher.ts';
import { imageOf } from '../../src/match/segment-records.ts';
import { openSnapshot } from '../../src/match/snapshot.ts';
import { Judge } from '../../src/policy/judge.ts';
import { explainedBy } from '../verdict/support.ts';
import { corpusPath } from '../support/corpora.ts';
import { noteSkipped } from '../support/programs.ts';
import { harmless, linesBeside, madeUp, WAYS } from './beside.ts';
import type { Harmless } from './beside.ts';

const TODAY = 20_000;
const WHEN = { port: 80, listMask: -1, today: TODAY };
const MAX_NAMED = 20;
const BENIGN = corpusPath('url/benign-urls.txt');

/**
 * @param sites so many addresses are made up, each asked for in nine ways.
 * @param every of the real addresses the first, and so on.
 */
export function besideEntriesSuite(sites: number, every: number): void {
  let asked = 0;

  const hasCorpus = existsSync(BENIGN);

  describe('nothing beside an entry is blocked', () => {
    test('made-up sites', async () => {
      await expectHarmless(madeUp(sites));
    });

    // Real addresses stay out of the repository: where the file is not beside it, the test is skipped and shown as such.
    if (!hasCorpus)
      noteSkipped({ what: 'real page addresses', why: 'url/benign-urls.txt is not beside this checkout' });
    const withCorpus = hasCorpus ? test : test.skip;
    withCorpus(
      `real page addresses${hasCorpus ? '' : ' (skipped: url/benign-urls.txt is not beside this checkout)'}`,
      async () => {
        await expectHarmless(harmless(readFileSync(BENIGN, 'latin1').split('\n')).filter((_, i) => i % every === 0));
      },
    );

    async function expectHarmless(addresses: readonly Harmless[]): Promise<void> {
      const judge = await judgeBeside(addresses);
      const unexplained: string[] = [];
      const explained = new Map<string, number>();
      for (const [way, spell] of Object.entries(WAYS))
        for (const address of addresses) {
          const target = spell(address.path, address.query);
          asked += 1;
          if (judge.url(judge.matcher.lookup(address.host)!, target, WHEN).action === 'pass') continue;
          const reading = explainedBy(judge, `http://${address.host}${target}`, WHEN).decidedBy?.reading ?? null;
          if (reading === null) unexplained.push(`${way}: ${address.host}${target}`);
          else explained.set(reading, (explained.get(reading) ?? 0) + 1);
        }
      expect(unexplained.slice(0, MAX_NAMED)).toEqual([]);
      // No site here has a listed directory in the way: nobody reads these addresses as listed.
      expect([...explained]).toEqual([]);
    }

    test(`which makes at least ${9 * sites}`, () => {
      expect(asked).toBeGreaterThanOrEqual(9 * sites);
    });
  });

  test('an address that leads out of a listed directory is blocked by a reading that says who reads so', async () => {
    const judge = await judgeBeside([{ host: 'site.example', path: '/a/b.html', query: '' }]);
    const story = explainedBy(judge, 'http://site.example/a/listed-0/../b.html', WHEN);
    expect(story.verdict?.action).toBe('block');
    expect(story.decidedBy?.reading).toContain('a router that resolves no dots');
  });
}

async function judgeBeside(addresses: readonly Harmless[]): Promise<Judge> {
  const compiled = compileToFile(Buffer.from(linesBeside(addresses), 'latin1'), { action: 'block', today: TODAY });
  expect(compiled.badLines.slice(0, MAX_NAMED)).toEqual([]);
  const { segment } = await openCompiledList(compiled.file!, yieldToEventLoop);
  const matcher = new Matcher({ cacheEntries: 10_000 });
  matcher.use(openSnapshot([imageOf(segment, 0)]));
  return new Judge(matcher, [{ action: 'block' }]);
}
