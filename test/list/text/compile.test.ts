/** A list as a whole: when it is refused, what is counted, what comes out. */
import { NO_GATE_FILES } from '../../support/list-config.ts';
import { UNGUARDED } from '../../../src/list/sanity/guarded.ts';
import { describe, expect, test } from '@jest/globals';
import { createRequire } from 'node:module';
import { compileJob, runCompileJob } from '../../../src/list/text/compile-job.ts';
import { FRESH_MEMORY } from '../../../src/list/list-memory.ts';
import { compileText, listEntries, utcDay } from '../../../src/list/text/compile.ts';
import type { CompileOptions } from '../../../src/list/text/compile.ts';
import { randomSegmentKeys } from '../../../src/match/keys.ts';
import { textVerdict } from '../text-verdict.ts';

const TODAY = utcDay(Date.UTC(2026, 10, 24));
const OPTIONS: CompileOptions = { list: 0, action: 'block', today: TODAY };
const bytes = (text: string): Buffer => Buffer.from(text);

describe('refusal', () => {
  test.each([
    { name: 'one bad line refuses by default', text: 'a.example\n*\n', share: 0, accepted: false },
    { name: 'within the tolerated share', text: 'a.example\nb.example\nc.example\n*\n', share: 0.25, accepted: true },
    { name: 'one above it', text: 'a.example\nb.example\n*\n', share: 0.25, accepted: false },
    {
      name: 'comments and empty lines do not dilute',
      text: `a.example\n*\n${'# x\n\n'.repeat(100)}`,
      share: 0.25,
      accepted: false,
    },
    { name: 'nothing but comments', text: '# none\n', share: 0, accepted: true },
    { name: 'an empty file', text: '', share: 1, accepted: false },
    { name: 'a last line that is not ended', text: 'a.example\nb.example', share: 1, accepted: false },
    { name: 'CRLF cut in the middle', text: 'a.example\r\nb.example\r', share: 1, accepted: false },
    { name: 'CRLF', text: 'a.example\r\nb.example\r\n', share: 0, accepted: true },
    { name: 'a byte order mark and nothing else', text: '\ufeff', share: 1, accepted: false },
  ])('$name', ({ text, share, accepted }) => {
    expect(textVerdict(bytes(text), { today: TODAY, maxBadLineRatio: share }).accepted).toBe(accepted);
  });

  test('every bad line is named; how many are kept can be bounded, all are counted', () => {
    const text = bytes(`a.example\n${'*\nb.example\n'.repeat(500)}`);
    const all = compileText(text, OPTIONS);
    expect(all.badLines.map(({ line }) => line)).toEqual(Array.from({ length: 500 }, (_, i) => 2 + i * 2));
    const bounded = compileText(text, { ...OPTIONS, maxDiagnostics: 10 });
    expect(bounded.badLines).toHaveLength(10);
    expect(bounded.stats.badLines).toBe(500);
  });
});

describe('figures', () => {
  const text = bytes(`# everything once
http://a.example/x?y count
a.example/dir/* expires=2026-11-24
a.example/page?* expires=2026-11-23
*.b.example dns test
b.example:8080 dns steer
c.example/*
`);

  test('what is in it', () => {
    expect(compileText(text, OPTIONS).stats).toEqual({
      lines: 7,
      entries: 5,
      expired: 1,
      publicSuffixes: 0,
      badLines: 0,
      scopes: { host: 2, directory: 2, page: 0, url: 1 },
      subdomains: 1,
      withPort: 1,
      withdrawn: 0,
      withExpiry: 1,
      marked: { dns: 2, steer: 1, count: 1, test: 1 },
      enforceable: { http: 5, https: 2, dns: 1 },
    });
  });

  test('the entries in force: valid through their last day, not a day longer', () => {
    expect([...listEntries(text, OPTIONS)].map(({ id }) => id)).toEqual([2n, 3n, 5n, 6n, 7n]);
    expect([...listEntries(text, { ...OPTIONS, today: TODAY + 1 })].map(({ id }) => id)).toEqual([2n, 5n, 6n, 7n]);
  });
});

describe('a compile run over several lists', () => {
  const input = (
    candidate: string | null,
    lastGood: string | null,
  ): NonNullable<Parameters<typeof compileJob>[0]['lists'][number]> => ({
    action: 'block',
    maxBadLineRatio: 0,
    suffixes: 'refuse',
    gate: NO_GATE_FILES,
    guarded: UNGUARDED,
    candidate: candidate === null ? null : { bytes: bytes(`${candidate}\n`), gate: 'ask', before: null },
    lastGood: lastGood === null ? null : bytes(`${lastGood}\n`),
    isOptional: false,
  });
  const run = async (
    mustBuild: boolean,
    ...lists: (ReturnType<typeof input> | null)[]
  ): Promise<{ accepted: (boolean | null)[]; entries: number | null }> => {
    const outcome = await compileJob(
      { lists, mustBuild, keys: randomSegmentKeys(), today: TODAY, maxDiagnostics: 10 },
      async (byteLength) => await FRESH_MEMORY.lease(byteLength),
    );
    const accepted = outcome.lists.map((list) => (list === null ? null : list.badLines.length === 0));
    return { accepted, entries: outcome.image?.entries ?? null };
  };

  test.each([
    {
      name: 'all new',
      lists: [input('a.example', null), input('b.example\nc.example', null)],
      accepted: [true, true],
      entries: 3,
    },
    {
      name: 'one refused, its last good text serves',
      lists: [input('a.example\nd.example', 'a.example'), input('*', 'b.example')],
      accepted: [true, false],
      entries: 3,
    },
    {
      name: 'the only candidate refused: nothing to build',
      lists: [input(null, 'a.example'), input('*', 'b.example')],
      accepted: [null, false],
      entries: null,
    },
    {
      name: 'one list has nothing good yet: nothing to build',
      lists: [input('a.example', null), input('*', null)],
      accepted: [true, false],
      entries: null,
    },
    {
      name: 'nothing new, and told to build all the same',
      mustBuild: true,
      lists: [input(null, 'a.example'), null],
      accepted: [null, null],
      entries: 1,
    },
    {
      name: 'not a text list any more: left out',
      lists: [input('a.example', null), null],
      accepted: [true, null],
      entries: 1,
    },
    {
      name: 'refused, and a compiled list stays in its place',
      lists: [input('a.example', null), { ...input('*', null), isOptional: true }],
      accepted: [true, false],
      entries: 1,
    },
  ])('$name', async ({ lists, mustBuild = false, accepted, entries }) => {
    expect(await run(mustBuild, ...lists)).toEqual({ accepted, entries });
  });
});

describe('big lists', () => {
  test('121,570 real names, in a thread of their own', async () => {
    const names: unknown = createRequire(import.meta.url)('disposable-email-domains/index.json');
    const lines = Array.isArray(names) ? names.map(String) : [];
    expect(lines.length).toBeGreaterThan(100_000);
    const text = bytes(lines.map((line) => `${line}\n`).join(''));
    const { lists, image } = await runCompileJob(
      {
        lists: [
          {
            action: 'block',
            maxBadLineRatio: 0,
            suffixes: 'warn',
            gate: NO_GATE_FILES,
            guarded: UNGUARDED,
            candidate: { bytes: text, gate: 'ask', before: null },
            lastGood: null,
            isOptional: false,
          },
        ],
        mustBuild: false,
        keys: randomSegmentKeys(),
        today: TODAY,
        maxDiagnostics: 10,
      },
      FRESH_MEMORY,
    );
    expect(lists[0]).toMatchObject({
      badLines: [],
      stats: { entries: lines.length, scopes: { host: lines.length } },
    });
    expect(image?.entries).toBeGreaterThan(100_000);
  });

  test('a job that cannot be run is a list error, not the end of the process', async () => {
    const keys = { fingerprint: new Uint8Array(1), proof: new Uint8Array(1) };
    const job = {
      lists: [
        {
          action: 'block',
          maxBadLineRatio: 0,
          suffixes: 'refuse',
          gate: NO_GATE_FILES,
          guarded: UNGUARDED,
          candidate: { bytes: bytes('a.example\n'), gate: 'ask', before: null },
          lastGood: null,
          isOptional: false,
        },
      ],
      mustBuild: false,
      keys,
      today: TODAY,
      maxDiagnostics: 1,
    } as const;
    await expect(runCompileJob(job, FRESH_MEMORY)).rejects.toMatchObject({ name: 'ListError', code: 'internal' });
  });
});
