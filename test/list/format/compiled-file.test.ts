/** Compiled lists: what is written is read again, and nothing else is. */
import { NO_GATE_FILES } from '../../support/list-config.ts';
import { describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { ListAction } from '../../../src/lib/types.ts';
import { compileToFile } from '../../../src/list/format/compile-file.ts';
import { compileText, utcDay } from '../../../src/list/text/compile.ts';
import { parseTextList } from '../../../src/list/text/grammar.ts';
import { yieldToEventLoop } from '../../../src/lib/pauses.ts';
import { COMPILED } from '../../../src/list/format/compiled.ts';
import { formatOf, isServedInPlace } from '../../../src/list/format/formats.ts';
import { verdictOf } from '../../../src/list/gate.ts';
import {
  encodeCompiledList,
  openCompiledList,
  COMPILED_LIST_VERSION,
  compiledListStats,
} from '../../../src/list/format/compiled-file.ts';
import { imageOf } from '../../../src/match/segment-records.ts';
import { buildSegment, openSnapshot } from '../../../src/match/snapshot.ts';
import { Matcher } from '../../../src/match/matcher.ts';
import { Judge } from '../../../src/policy/judge.ts';
import { entry, testKeys } from '../../match/support.ts';
import { codeOf } from '../../support/list-error-code.ts';

const TODAY = utcDay(Date.UTC(2026, 10, 24));
const WHEN = { port: 80, listMask: -1, today: TODAY };
const TEXT = `# a list
host.example
http://site.example/dir/*   expires=2026-11-24
*.sub.example:8080          count dns
page.example/a?*            test steer
old.example                 expires=2020-01-01
co.uk
`;

function compiled(text = TEXT, action: ListAction = 'block'): Uint8Array {
  const { file } = compileToFile(Buffer.from(text), { action, suffixes: 'warn', today: TODAY });
  if (file === null) throw new Error('bad lines');
  return file;
}

async function codeOfFile(bytes: Uint8Array): Promise<string> {
  return await codeOf(openCompiledList(bytes, yieldToEventLoop));
}

function judgeOver(segment: Uint8Array, list: number): Judge {
  const matcher = new Matcher({ cacheEntries: 16 });
  matcher.use(openSnapshot([imageOf(segment, list)]));
  return new Judge(
    matcher,
    Array.from({ length: 32 }, () => ({ action: 'block' as const })),
  );
}

describe('a compiled list', () => {
  test('serves under any index; entries keep the number of their line', async () => {
    const { segment } = await openCompiledList(compiled(), yieldToEventLoop);
    const judge = judgeOver(segment, 17);
    const url = (host: string, target: string) => judge.url(judge.matcher.lookup(host)!, target, WHEN);
    expect(url('host.example', '/')).toMatchObject({ action: 'block', list: 17, entry: 2n });
    expect(url('site.example', '/dir/x')).toMatchObject({ list: 17, entry: 3n });
    expect(url('old.example', '/').action).toBe('pass');
  });

  test('its figures are those of the text', async () => {
    const file = await openCompiledList(compiled(), yieldToEventLoop);
    const { stats } = compileText(Buffer.from(TEXT), { list: 0, action: 'block', today: TODAY });
    expect(await compiledListStats(file, TODAY, yieldToEventLoop)).toEqual({ ...stats, hosts: 5 });
    expect(file.publicSuffixes).toBe(1);
    expect(await compiledListStats(file, TODAY + 1, yieldToEventLoop)).toMatchObject({
      entries: stats.entries - 1,
      expired: 2,
    });
  });

  test('has its own key each time, and no text', () => {
    const one = Buffer.from(compiled());
    expect(one.equals(compiled())).toBe(false);
    for (const secret of ['host', 'example', 'dir', 'site']) expect(one.includes(secret)).toBe(false);
  });

  test('is recognised, text is not', () => {
    expect([formatOf(compiled()).name, isServedInPlace(compiled())]).toEqual(['compiled', true]);
    for (const text of [TEXT, '', '\u0089CFLIST\n']) {
      const bytes = Buffer.from(text);
      expect([formatOf(bytes).name, isServedInPlace(bytes)]).toEqual(['text', false]);
    }
    expect([...parseTextList(compiled(), { list: 0, action: 'block' })].some(({ kind }) => kind === 'entry')).toBe(
      false,
    );
  });

  test('an allow list needs one that was compiled as such', async () => {
    const forAllow = compiled('news.example reason="by mistake" expires=2027-01-01\n', 'allow');
    const stageOf = async (bytes: Uint8Array, action: ListAction): Promise<string> => {
      const judged = await COMPILED.judge(bytes, { action, today: TODAY }, yieldToEventLoop);
      const verdict = verdictOf(judged, { action, maxBadLineRatio: 0, suffixes: 'warn', gate: NO_GATE_FILES });
      return verdict.stage === 'refused' ? `${verdict.error.code}: ${verdict.error.message}` : verdict.stage;
    };
    expect(await stageOf(compiled(), 'allow')).toMatch(/^unsupported: .*--action allow/);
    expect([
      await stageOf(forAllow, 'allow'),
      await stageOf(forAllow, 'block'),
      await stageOf(compiled(), 'block'),
      await stageOf(compiled(), 'count'),
    ]).toEqual(Array.from({ length: 4 }, () => 'passed'));
  });

  test('bad lines give no file, all of them are named', () => {
    expect(
      compileToFile(Buffer.from('a.example\n*\nb.example\nc d\n'), { action: 'block', today: TODAY }),
    ).toMatchObject({ file: null, refusal: { code: 'bad_lines' }, badLines: [{ line: 2 }, { line: 4 }] });
  });
});

describe('what is refused', () => {
  test('every truncation', async () => {
    const bytes = compiled();
    for (let length = 8; length < bytes.length; length += 1)
      expect(await codeOfFile(bytes.slice(0, length))).toBe('truncated');
  });

  test('bytes that follow', async () => {
    expect(await codeOfFile(Buffer.concat([compiled(), Buffer.alloc(8)]))).toBe('corrupt');
  });

  test('every changed byte, by its checksum if by nothing else', async () => {
    const bytes = compiled();
    for (let at = 8; at < bytes.length; at += 1) {
      const changed = bytes.slice();
      changed[at] = changed[at]! ^ 0x10;
      expect(await codeOfFile(changed)).not.toBe('ok');
    }
  });

  test('another version, by its number', async () => {
    const bytes = compiled();
    bytes[8] = 1;
    await expect(openCompiledList(bytes, yieldToEventLoop)).rejects.toMatchObject({
      code: 'unsupported',
      side: 'list',
      message: 'not a usable compiled list: it has version 1, this program reads version 4; compile the list again',
    });
  });

  test('nonsense under a right checksum: refused, or harmless to whoever looks something up', async () => {
    const segment = buildSegment(
      [
        entry('host.example'),
        entry('*.host.example/a/*'),
        ...Array.from({ length: 40 }, (_, i) => entry(`h${i}.example/x`)),
      ],
      testKeys(3),
    ).bytes;
    const changes = fc.array(fc.tuple(fc.nat(segment.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(changes, async (given) => {
        const bytes = segment.slice();
        for (const [at, value] of given) bytes[at] = value;
        const file = encodeCompiledList(bytes, {
          grammar: 'block',
          lines: 1,
          expired: 0,
          publicSuffixes: 0,
          firstPublicSuffix: 0,
        });
        if ((await codeOfFile(file)) === 'corrupt') return;
        const opened = await openCompiledList(file, yieldToEventLoop);
        await compiledListStats(opened, TODAY, yieldToEventLoop);
        const judge = judgeOver(opened.segment, 0);
        for (const host of ['host.example', 'a.host.example', 'h3.example'])
          judge.url(judge.matcher.lookup(host)!, '/a/b', WHEN);
      }),
      { numRuns: 500 },
    );
  });

  test('any bytes behind the magic', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (tail) => {
        const bytes = Buffer.concat([compiled().subarray(0, 8), tail]);
        expect(['truncated', 'corrupt', 'unsupported']).toContain(await codeOfFile(bytes));
      }),
    );
  });
});

test('bytes at an odd place in their buffer are opened all the same', async () => {
  const file = compiled();
  const shifted = new Uint8Array(file.length + 3);
  shifted.set(file, 3);
  expect(await codeOfFile(shifted.subarray(3))).toBe('ok');
});

/**
 * Files outlive programs. If this fails, the layout has changed (here or in match/segment-layout.ts): raise
 * COMPILED_LIST_VERSION, then put in the new digest.
 */
test('the layout of version 4 is what it was', () => {
  const entries = [
    entry('host.example', { id: 2n, dns: true }),
    entry('*.host.example/a/b/*', { id: 3n, port: 8080, expires: 20_000, steer: true }),
    entry('site.example/page?x=1', { id: 4n, count: true }),
  ];
  const file = encodeCompiledList(buildSegment(entries, testKeys(7)).bytes, {
    grammar: 'allow',
    lines: 9,
    expired: 1,
    publicSuffixes: 0,
    firstPublicSuffix: 0,
  });
  expect({ version: COMPILED_LIST_VERSION, digest: createHash('sha256').update(file).digest('hex') }).toEqual({
    version: 4,
    digest: '47312b4331d0dd7ce1bdb5543fa8dc7ed0ab4f27a5b6c48debdb179a95b6abe0',
  });
});
