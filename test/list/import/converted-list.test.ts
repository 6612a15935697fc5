/**
 * Lists of other tools as sources: what is converted in memory has the entries that an import writes, each called by its line of the list, and what is not
 * carried over is counted. In the thread that compiles, too.
 */
import { describe, expect, test } from '@jest/globals';
import type { Conversion } from '../../../src/config/list-types.ts';
import type { ImportFrom } from '../../../src/lib/list-formats.ts';
import { readerOptions } from '../../../src/lib/list-formats.ts';
import { FRESH_MEMORY } from '../../../src/list/list-memory.ts';
import { yieldToEventLoop } from '../../../src/lib/pauses.ts';
import { convertedList } from '../../../src/list/import/converted-list.ts';
import { ImportGuard } from '../../../src/list/import/import-guard.ts';
import { readGuarded } from '../../../src/list/sanity/read-guarded.ts';
import { contentsOf } from '../../../src/list/staged-list.ts';
import { listEntries } from '../../../src/list/text/compile.ts';
import { runCompileJob } from '../../../src/list/text/run-compile-job.ts';
import { verdictAlone } from '../../../src/list/verdict-alone.ts';
import type { Entry } from '../../../src/match/entry.ts';
import { testKeys } from '../../match/support.ts';
import { listConfig, NO_GATE_FILES } from '../../support/list-config.ts';
import { imported } from './imported.ts';
import type { ImportedOptions } from './imported.ts';
import { PUBLIC_LISTS } from './public-list-samples.ts';

const TODAY = 20_000;
const guarded = await readGuarded(NO_GATE_FILES, 'block');
const RULES = { action: 'block', suffixes: 'refuse', guarded } as const;

function conversion(from: ImportFrom, options: ImportedOptions = {}): Conversion {
  const reader = { ...readerOptions({}), ...options };
  return { from, reader, ignoresExceptions: false, isWhole: false, dns: false, steer: false };
}

const converted = (from: ImportFrom, text: string, more: Partial<Conversion> = {}) =>
  convertedList(Buffer.from(text, 'latin1'), { ...conversion(from), ...more }, RULES);

const textIn = ({ bytes }: { readonly bytes: Uint8Array }): string => Buffer.from(bytes).toString('latin1');

const isSaid = ({ id, ...entry }: Entry): string => `${id} ${JSON.stringify(entry)}`;

describe.each(PUBLIC_LISTS)('$name', ({ from, options = {}, text }) => {
  const config = { ...listConfig('public', '/public'), conversion: conversion(from, options) };
  const candidate = { bytes: Buffer.from(text, 'latin1'), gate: 'ask', before: null } as const;
  const written = imported(from, text, { ...options, guard: new ImportGuard(guarded) });
  /** The entries of the import, each by the line that its comment names. */
  const lines = written.list.split('\n').filter((line) => line !== '');
  const wanted = [...listEntries(Buffer.from(`${lines.join('\n')}\n`), { list: 0, action: 'block', today: TODAY })].map(
    (entry) => isSaid({ ...entry, id: BigInt(/# file:(\d+)/.exec(lines[Number(entry.id) - 1] ?? '')?.[1] ?? 0) }),
  );
  const lost = [...new Set(written.findings.map(({ code }) => code))].toSorted();

  test('for a command: the entries of an import, by the lines of the list', async () => {
    const verdict = await verdictAlone(candidate, config, { today: TODAY, rest: yieldToEventLoop });
    expect(verdict.stage === 'refused' ? verdict.error.message : 'passed').toBe('passed');
    const { bytes, numbers, stats } = contentsOf(verdict);
    const entries = [...listEntries(bytes, { list: 0, action: 'block', today: TODAY, numbers })];
    expect(entries.map(isSaid)).toEqual(wanted);
    expect(stats.notCarried?.map(({ reason }) => reason).toSorted()).toEqual(lost);
    const sum = (stats.notCarried ?? []).reduce((all, { count }) => all + count, 0);
    expect(sum).toBe(written.findings.length);
  });

  test('in the thread that compiles: as many, and what is left out', async () => {
    const input = { ...config, candidate, guarded, records: null, isOptional: false, isNamed: false };
    const job = { lists: [input], mustBuild: false, keys: testKeys(1), contentKey: null, today: TODAY };
    const outcome = await runCompileJob({ ...job, maxDiagnostics: 10, givesWay: false }, FRESH_MEMORY);
    expect(outcome.lists[0]?.stats).toMatchObject({ entries: written.counts.entries, badLines: 0 });
    expect(outcome.lists[0]?.stats.notCarried?.map(({ reason }) => reason).toSorted()).toEqual(lost);
    expect(outcome.shared).not.toBeNull();
  });
});

describe('what is refused', () => {
  test.each([
    {
      name: 'nothing of the format',
      from: 'hosts',
      text: '<html><body>log in</body></html>\n',
      said: /^nothing of it can be carried over/,
    },
    {
      name: 'names for their subdomains alone',
      from: 'domains',
      text: '# a list\n*.a.example\n*.b.example\n',
      said: /^nothing of it can be carried over: its names stand for their subdomains alone; --subdomains/,
    },
    { name: 'nothing at all', from: 'hosts', text: '', said: /^it is empty/ },
    { name: 'another encoding', from: 'hosts', text: '\xff\xfea\0\n\0', said: /^the file is UTF-16/ },
  ] as const)('$name', async ({ from, text, said }) => {
    expect(converted(from, text).refusal).toMatch(said);
    const config = { ...listConfig('public', '/public'), conversion: conversion(from) };
    const candidate = { bytes: Buffer.from(text, 'latin1'), gate: 'ask', before: null } as const;
    const verdict = await verdictAlone(candidate, config, { today: TODAY, rest: yieldToEventLoop });
    expect(verdict).toMatchObject({ stage: 'refused', error: { code: 'bad_lines' } });
  });

  test('an exception that may let any address pass, unless exceptions are ignored', () => {
    const text = '||a.example^\n@@/banner/\n';
    const reader = { ...readerOptions({}), match: 'url' };
    expect(converted('adblock', text, { reader }).refusal).toMatch(/^line 2 is an exception .*`exceptions: ignore`/);
    const ignoring = converted('adblock', text, { reader, ignoresExceptions: true });
    expect([ignoring.refusal, textIn(ignoring)]).toEqual([null, '#\n*.a.example\n']);
  });

  test('a compiled list in place of it', async () => {
    const config = { ...listConfig('public', '/public'), conversion: conversion('hosts') };
    const bytes = Buffer.from('CLEANFEED LIST\0', 'latin1');
    const { COMPILED } = await import('../../../src/list/format/compiled.ts');
    const compiled = COMPILED.segment === 'own' ? Buffer.concat([COMPILED.magic, bytes]) : bytes;
    const verdict = await verdictAlone({ bytes: compiled, gate: 'ask', before: null }, config, {
      today: TODAY,
      rest: yieldToEventLoop,
    });
    expect(verdict).toMatchObject({ stage: 'refused', error: { code: 'unsupported' } });
  });
});

test('exceptions of the list: what they may let pass is left out, and counted', () => {
  const text = '||a.example^\n||b.example^\n@@||x.b.example^\n';
  const list = converted('adblock', text, { reader: { ...readerOptions({}), match: 'dns' } });
  expect(textIn(list)).toBe('#\n*.a.example\n');
  expect(list.notCarried).toEqual([
    { kind: 'left', reason: 'excepted', count: 1, line: 2, column: 1 },
    { kind: 'left', reason: 'exception', count: 1, line: 3, column: 1 },
  ]);
});

test('a last line without a newline is whole where the source tells its end, and is left out where it does not', () => {
  const text = '0.0.0.0 a.example\n0.0.0.0 b.example';
  expect(textIn(converted('hosts', text, { isWhole: true }))).toBe('#\na.example\nb.example\n');
  expect(textIn(converted('hosts', text))).toBe('#\na.example\n');
});

test('marks of the source: for DNS, and for steering', () => {
  expect(textIn(converted('hosts', '0.0.0.0 a.example\n', { dns: true, steer: true }))).toBe(
    '#\na.example dns steer\n',
  );
});

test('an entry on a protected host is left out, and not of a list that only counts', () => {
  const text = '0.0.0.0 www.google-analytics.com\n0.0.0.0 a.example\n';
  const bytes = Buffer.from(text);
  expect(textIn(converted('hosts', text))).toBe('#\na.example\n');
  const counting = convertedList(bytes, conversion('hosts'), { ...RULES, action: 'count' });
  expect(textIn(counting)).toBe('#\nwww.google-analytics.com\na.example\n');
  const steering = convertedList(bytes, { ...conversion('hosts'), steer: true }, { ...RULES, action: 'count' });
  expect(textIn(steering)).toBe('#\na.example steer\n');
});

test('lines of a long list are called by their numbers, whatever was left out before', () => {
  const lines = Array.from({ length: 50_000 }, (_, i) => (i % 3 === 0 ? '# -' : `0.0.0.0 h${i}.example`));
  const list = converted('hosts', `${lines.join('\n')}\n`);
  const { numbers } = list;
  const entries = [...listEntries(list.bytes, { list: 0, action: 'block', today: TODAY, numbers })];
  expect(entries.length).toBe(33_333);
  expect(entries.filter(({ id, host }) => host !== `h${Number(id) - 1}.example`)).toEqual([]);
});

test.each(['converted', 'leaveOut'] as const)(
  'of a version that has been in force before is left out the same: %s',
  async (kind) => {
    const base = listConfig('public', '/public');
    const config =
      kind === 'converted'
        ? { ...base, conversion: conversion('hosts') }
        : { ...base, gate: { ...NO_GATE_FILES, protectedEntries: 'leaveOut' as const } };
    const prefix = kind === 'converted' ? '0.0.0.0 ' : '';
    const bytes = Buffer.from(`${prefix}www.google-analytics.com\n${prefix}a.example\n`);
    const frame = { today: TODAY, rest: yieldToEventLoop };
    const verdict = await verdictAlone({ bytes, gate: 'accepted', before: null }, config, frame);
    expect(contentsOf(verdict).stats.entries).toBe(1);
  },
);
