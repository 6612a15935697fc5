/** A list as a whole: when it is refused, what is counted, what comes out. */
import { NO_GATE_FILES } from '../../support/list-config.ts';
import { UNGUARDED } from '../../../src/list/sanity/guarded.ts';
import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { createRequire } from 'node:module';
import { compileJob } from '../../../src/list/text/compile-job.ts';
import type { CompileJob, CompileOutcome, ListInput } from '../../../src/list/text/compile-job.ts';
import { runCompileJob } from '../../../src/list/text/run-compile-job.ts';
import { FRESH_MEMORY } from '../../../src/list/list-memory.ts';
import { compileText, listEntries, utcDay } from '../../../src/list/text/compile.ts';
import type { CompileOptions } from '../../../src/list/text/compile.ts';
import { randomSegmentKeys } from '../../../src/match/keys.ts';
import { imageOf } from '../../../src/match/segment-records.ts';
import { buildSegment } from '../../../src/match/snapshot.ts';
import { countedMemory } from '../../support/counted-memory.ts';
import { endingMemory } from '../../support/ending-memory.ts';
import { eventually } from '../../support/eventually.ts';
import { threadsThatGiveWay } from '../../support/thread-niceness.ts';
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
      leftOut: 0,
      publicSuffixes: 0,
      badLines: 0,
      scopes: { host: 2, directory: 2, page: 0, url: 1 },
      subdomains: 1,
      withPort: 1,
      withdrawn: 0,
      withExpiry: 1,
      marked: { dns: 2, steer: 1, count: 1, test: 1 },
      enforceable: { http: 5, https: 2, dns: 1 },
      ends: [{ last: TODAY, entries: 1, publicSuffixes: 0, https: 0, dns: 0 }],
    });
  });

  test('the entries in force: valid through their last day, not a day longer', () => {
    expect([...listEntries(text, OPTIONS)].map(({ id }) => id)).toEqual([2n, 3n, 5n, 6n, 7n]);
    expect([...listEntries(text, { ...OPTIONS, today: TODAY + 1 })].map(({ id }) => id)).toEqual([2n, 5n, 6n, 7n]);
  });
});

describe('a compile run over several lists', () => {
  const KEYS = randomSegmentKeys();
  const recordsOf = (text: string): Uint8Array => buildSegment(listEntries(bytes(text), OPTIONS), KEYS).bytes;
  const input = (candidate: string | null, lastGood: string | null): ListInput => ({
    action: 'block',
    maxBadLineRatio: 0,
    suffixes: 'refuse',
    gate: NO_GATE_FILES,
    guarded: UNGUARDED,
    candidate: candidate === null ? null : { bytes: bytes(`${candidate}\n`), gate: 'ask', before: null },
    records: lastGood === null ? null : recordsOf(`${lastGood}\n`),
    isOptional: false,
    isNamed: false,
  });
  const job = (mustBuild: boolean, lists: readonly (ListInput | null)[]): CompileJob => ({
    lists,
    mustBuild,
    keys: KEYS,
    contentKey: null,
    today: TODAY,
    maxDiagnostics: 10,
    givesWay: false,
  });
  const entriesIn = ({ shared }: CompileOutcome): number | null => {
    if (shared === null) return null;
    return shared.kind === 'merged' ? shared.entries : imageOf(shared.records, shared.list).entries;
  };
  const run = async (
    mustBuild: boolean,
    ...lists: (ListInput | null)[]
  ): Promise<{ accepted: (boolean | null)[]; entries: number | null }> => {
    const outcome = await compileJob(job(mustBuild, lists), async (byteLength) => await FRESH_MEMORY.lease(byteLength));
    const accepted = outcome.lists.map((list) => (list === null ? null : list.kept !== null));
    return { accepted, entries: entriesIn(outcome) };
  };

  test.each([
    {
      name: 'all new',
      lists: [input('a.example', null), input('b.example\nc.example', null)],
      accepted: [true, true],
      entries: 3,
    },
    {
      name: 'one refused, its last good records serve',
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

  test('it gives way to those that serve, and to nobody while they wait for the lists', async () => {
    const before = threadsThatGiveWay();
    const found: number[] = [];
    const looked = async (byteLength: number): Promise<Uint8Array<SharedArrayBuffer>> => {
      found.push(threadsThatGiveWay() - before);
      return await FRESH_MEMORY.lease(byteLength);
    };
    const memory = { ...FRESH_MEMORY, lease: looked };
    for (const givesWay of [false, true])
      await runCompileJob({ ...job(true, [input('a.example', null)]), givesWay }, memory);
    expect(found).toEqual([0, process.platform === 'linux' ? 1 : 0]);
  });

  test('in a thread of its own, what it builds lies in memory that was lent, and where it has not built nothing stays lent', async () => {
    const memory = countedMemory();
    const lists = [
      input('a.example', null),
      input(null, 'b.example'),
      { ...input('c.example dns', null), isNamed: true },
    ];
    const outcome = await runCompileJob(job(false, lists), memory);
    const { shared } = outcome;
    expect(entriesIn(outcome)).toBe(3);
    const kept = outcome.lists.map((list) => list?.kept ?? null);
    expect(kept[1]).toBeNull();
    expect(kept[0]?.names).toBeNull();
    expect(Buffer.from(kept[2]?.names ?? []).toString()).toContain('1 c.example dns\n');
    expect(kept[0]?.digest).toEqual({
      byteLength: 10,
      sha256: createHash('sha256').update('a.example\n').digest('hex'),
    });
    expect(Buffer.compare(kept[0]!.records, recordsOf('a.example\n'))).toBe(0);
    const built = [kept[0]!.records, kept[2]!.records, shared?.kind === 'merged' ? shared.bytes : new Uint8Array()];
    expect(memory.lent).toBe(3);
    for (const each of built) memory.release(each);
    expect(memory.lent).toBe(0);
    // Of the only list its records are what is looked up in: nothing is built besides.
    const alone = await runCompileJob(job(false, [null, input('a.example', 'z.example'), input('*', null)]), memory);
    expect([alone.shared, memory.lent]).toEqual([null, 1]);
    memory.release(alone.lists[1]!.kept!.records);
    const one = await runCompileJob(job(true, [null, input(null, 'b.example')]), memory);
    expect([one.shared, memory.lent]).toMatchObject([{ kind: 'one', list: 1 }, 0]);
  });

  // Was a fault: what was lent to a thread that had died by then stayed lent for as long as the process ran.
  test('a thread that dies while memory is waited for ends the wait, and what comes then goes back', async () => {
    const memory = endingMemory();
    await expect(runCompileJob(job(true, [input('a.example', null)]), memory)).rejects.toMatchObject({
      code: 'internal',
      message: 'the compile thread ended before it was done (exit status 1); what is in force stays',
    });
    memory.come();
    await eventually('it has gone back', memory.hasGoneBack);
  });

  // Was a fault: a process that ended went on until the list was compiled.
  test('lists that are closed end the thread, and what it was lent goes back', async () => {
    const memory = countedMemory();
    const closed = new AbortController();
    const lease = async (byteLength: number): Promise<Uint8Array<SharedArrayBuffer>> => {
      closed.abort();
      return await memory.lease(byteLength);
    };
    const refused = { code: 'internal', message: 'the lists were closed meanwhile' };
    const one = job(true, [input('a.example', null)]);
    await expect(runCompileJob(one, { ...memory, lease }, closed.signal)).rejects.toMatchObject(refused);
    await expect(runCompileJob(one, memory, closed.signal)).rejects.toMatchObject(refused);
    await eventually('all of it is back', () => memory.lent === 0);
  });

  test.each([
    { name: 'accepted', text: 'http://listed.example/page\n' },
    { name: 'refused', text: 'http://listed.example/page\n*\n' },
  ])('of a text that is $name the thread leaves nothing in its memory', async ({ text }) => {
    const memory = countedMemory();
    // A thread is sent a copy. Of memory that it shares it has none, so that what it leaves is seen here.
    const shared = new Uint8Array(new SharedArrayBuffer(text.length));
    shared.set(bytes(text));
    const sent: ListInput = { ...input(null, null), candidate: { bytes: shared, gate: 'ask', before: null } };
    const [list] = (await runCompileJob(job(false, [sent]), memory)).lists;
    expect(list?.stats.entries).toBe(1);
    expect(Buffer.from(shared).toString('latin1')).toBe('\0'.repeat(text.length));
  });
});

test('by which nodes compare a text comes from the thread where there is a key, and with the next version another one', async () => {
  const keys = randomSegmentKeys();
  const found = async (text: string, contentKey: Uint8Array | null): Promise<string | null | undefined> => {
    const list = {
      action: 'block',
      maxBadLineRatio: 0,
      suffixes: 'refuse',
      gate: NO_GATE_FILES,
      guarded: UNGUARDED,
      candidate: { bytes: bytes(text), gate: 'ask', before: null },
      records: null,
      isOptional: false,
      isNamed: false,
    } as const;
    const job = { lists: [list], mustBuild: false, keys, contentKey, today: TODAY, maxDiagnostics: 1, givesWay: true };
    return (await runCompileJob(job, FRESH_MEMORY)).lists[0]?.kept?.content;
  };
  const key = Buffer.from('k'.repeat(32));
  expect(await found('a.example\n', null)).toBeNull();
  const content = await found('a.example\nb.example\n', key);
  expect(content).toMatch(/^[0-9a-f]{64}$/);
  expect(await found('b.example # again\na.example\n', key)).toBe(content);
  expect(await found('a.example\nc.example\n', key)).not.toBe(content);
});

describe('big lists', () => {
  test('121,570 real names, in a thread of their own', async () => {
    const names: unknown = createRequire(import.meta.url)('disposable-email-domains/index.json');
    const lines = Array.isArray(names) ? names.map(String) : [];
    expect(lines.length).toBeGreaterThan(100_000);
    const text = bytes(lines.map((line) => `${line}\n`).join(''));
    const { lists, shared } = await runCompileJob(
      {
        lists: [
          {
            action: 'block',
            maxBadLineRatio: 0,
            suffixes: 'warn',
            gate: NO_GATE_FILES,
            guarded: UNGUARDED,
            candidate: { bytes: text, gate: 'ask', before: null },
            records: null,
            isOptional: false,
            isNamed: false,
          },
        ],
        mustBuild: false,
        keys: randomSegmentKeys(),
        contentKey: null,
        today: TODAY,
        maxDiagnostics: 10,
        givesWay: true,
      },
      FRESH_MEMORY,
    );
    expect(lists[0]).toMatchObject({
      badLines: [],
      stats: { entries: lines.length, scopes: { host: lines.length } },
    });
    expect(shared?.kind === 'one' ? imageOf(shared.records, 0).entries : 0).toBeGreaterThan(100_000);
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
          records: null,
          isOptional: false,
          isNamed: false,
        },
      ],
      mustBuild: false,
      keys,
      contentKey: null,
      today: TODAY,
      maxDiagnostics: 1,
      givesWay: true,
    } as const;
    await expect(runCompileJob(job, FRESH_MEMORY)).rejects.toMatchObject({ name: 'ListError', code: 'internal' });
  });
});
