/**
 * An update of a text list of 1,000,000 lines while as many are in force: a thousand lines go, a thousand come. What the counting of added and removed
 * entries takes of it (turnover.ts): the same run with and without it, in turns, and the walk over both versions alone.
 */
import { runSync } from '../../src/lib/steps.ts';
import { FRESH_MEMORY } from '../../src/list/list-memory.ts';
import { UNGUARDED } from '../../src/list/sanity/guarded.ts';
import { compileJob } from '../../src/list/text/compile-job.ts';
import type { CompileOutcome } from '../../src/list/text/compile-job.ts';
import { randomSegmentKeys } from '../../src/match/keys.ts';
import type { SegmentKeys } from '../../src/match/keys.ts';
import { turnoverSteps } from '../../src/match/turnover.ts';
import { urlList } from '../data/url-list.ts';
import { expectEqual } from './harness.ts';
import type { RunOptions } from './harness.ts';
import { combined, figure } from './report/figure.ts';
import type { Figure } from './report/figure.ts';

const NAME = 'list-update';
const LINES = 1_000_000;
const CHANGES = 1000;
const TODAY = 20_000;
const NOTE = 'processor time of the run itself, in one thread that has run before';

export async function figures({ rounds }: RunOptions): Promise<readonly Figure[]> {
  const keys = randomSegmentKeys();
  const lines = urlList(LINES + CHANGES).map(({ host, path }) => `http://${host}${path}\n`);
  const [before, after] = [textOf(lines.slice(0, LINES)), textOf(lines.slice(CHANGES))];
  const inForce = recordsIn(await update(keys, before, null));
  const next = recordsIn(await update(keys, after, inForce));
  const samples: Record<'without' | 'with' | 'alone', number[]> = { without: [], with: [], alone: [] };
  for (let i = 0; i < Math.max(3, Math.ceil(rounds / 3)); i += 1) {
    samples.without.push(await timed(async () => await update(keys, after, null)));
    samples.with.push(
      await timed(async () => {
        const [list] = (await update(keys, after, inForce)).lists;
        expectEqual(`${list?.turnover?.added} ${list?.turnover?.removed}`, `${CHANGES} ${CHANGES}`, 'turnover');
      }),
    );
    samples.alone.push(await timed(async () => await walk(inForce, next)));
  }
  const ms = (name: string, values: readonly number[]): Figure =>
    figure({ bench: NAME, name, unit: 'ms', note: NOTE }, values);
  const without = ms('update of 1,000,000 lines, nothing counted', samples.without);
  const counted = ms('the same, added and removed entries counted', samples.with);
  const ratio = { bench: NAME, name: 'the latter over the former', unit: 'times' as const, target: 1.1 };
  return [
    without,
    counted,
    combined(ratio, counted, without, (a, b) => a / b),
    ms('the walk over both versions alone', samples.alone),
  ];
}

/** @param records in force; null: there is nothing to count from. */
async function update(keys: SegmentKeys, text: Uint8Array, records: Uint8Array | null): Promise<CompileOutcome> {
  const list = {
    action: 'block',
    maxBadLineRatio: 0,
    suffixes: 'refuse',
    gate: { growth: 0.5, shrink: 0.5 },
    guarded: UNGUARDED,
    candidate: { bytes: text, gate: 'ask', before: records === null ? null : LINES },
    records,
    isOptional: false,
    isNamed: false,
  } as const;
  const terms = { mustBuild: false, keys, contentKey: null, today: TODAY, maxDiagnostics: 1, givesWay: false };
  return await compileJob({ ...terms, lists: [list] }, async (byteLength) => await FRESH_MEMORY.lease(byteLength));
}

function recordsIn({ lists: [list] }: CompileOutcome): Uint8Array {
  const records = list?.kept?.records;
  if (records === undefined) throw new Error('the list was refused');
  return records;
}

async function walk(before: Uint8Array, after: Uint8Array): Promise<void> {
  expectEqual(runSync(turnoverSteps(before, after, TODAY))?.added, CHANGES, 'added');
  await Promise.resolve();
}

function textOf(lines: readonly string[]): Uint8Array {
  return Buffer.from(lines.join(''));
}

/** Milliseconds of processor time, of this thread and the collector's. */
async function timed(run: () => Promise<unknown>): Promise<number> {
  const start = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}
