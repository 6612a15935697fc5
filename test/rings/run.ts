/**
 * One ring of tests, to its end, whatever fails on the way (test/README.md says what each ring proves):
 *
 *   npm test               static checks, and all that runs inside the test process or needs nothing but Node
 *   npm run test:real      real servers, clients, engines, browsers, networks, systemd
 *   npm run test:long      what takes minutes each; `--changed [--minutes 15]`: of the folders that the change touches
 *   npm run test:changed   the type check, and what reaches a changed file (changed-tests.ts); `--base REV`, `--real`, `--list`
 *
 *   plan.ts ─▶ checks, jest ─▶ records ─▶ judge (retry.ts) ─▶ run again ─▶ history ─▶ skipped, run again, cost, `N passed, N failed`
 *
 * Other arguments behind the ring go to jest: a folder, `-t NAME`. `--seed N` draws the same examples again; `--costs` names the files
 * that took most CPU.
 */
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debianPackages } from '../support/debian-packages.ts';
import { endedChildren } from '../support/test-records.ts';
import { CAUSES } from './causes.ts';
import { changedFiles, changedFolders, headCommit } from './change.ts';
import {
  costLine,
  costLines,
  countsLine,
  failedLines,
  notRunLines,
  pickedLines,
  retriedLines,
  skippedLines,
} from './closing.ts';
import { addToHistory, historyFile, readHistory } from './history.ts';
import type { RetriedFile } from './history.ts';
import { runJest } from './jest-run.ts';
import { planOf, RING_NAMES } from './plan.ts';
import type { Plan } from './plan.ts';
import { NO_TESTS, readRecords } from './records.ts';
import type { Counts, Records } from './records.ts';
import { rerun } from './rerun.ts';
import { judgeFailures, type Judgement } from './retry.ts';
import { runStaticChecks } from './static-checks.ts';

/** Files that are named for their cost. */
const COSTS = 30;
const MAX_SEED = 2 ** 31 - 1;

const [ring = '', ...args] = process.argv.slice(2);
const abort = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => abort.abort());
process.exitCode = await main();

async function main(): Promise<number> {
  const plan = planned();
  if (plan === null) return usage();
  if (!plan.isListOnly) return await run(plan, plan.seed ?? randomInt(MAX_SEED));
  for (const file of plan.picked) say(file);
  return 0;
}

async function run(plan: Plan, seed: number): Promise<number> {
  const start = performance.now();
  for (const line of pickedLines(plan.picked)) say(line);
  const failedChecks = await runStaticChecks(plan.checks, say);
  const { records, exit } = await testsOf(plan, seed);
  const retried = await retryOf(records, seed);
  const counts = countsOf({ records, exit, retried, failedChecks: failedChecks.length });
  say('');
  for (const line of [
    ...(plan.wantsCosts ? costLines(records.costs, COSTS) : []),
    ...skippedLines(records.skips, debianPackages()),
    ...notRunLines(plan.notRun),
    ...retriedLines(retried),
    ...failedLines(records.failures.filter(({ file }) => !retried.some((one) => one.file === file && one.passed))),
    ...failedChecks.map((name) => `failed: ${name}`),
    `${costLine(endedChildren().cpuSeconds, (performance.now() - start) / 1000)}, seed ${seed}`,
  ])
    say(line);
  // A run of picked files is no run of the others: it does not count among those for which a test is remembered.
  if (!abort.signal.aborted && (plan.isWhole || retried.length > 0)) remember(counts, retried, seed);
  say(`\n${countsLine(counts)}`);
  return counts.failed > 0 ? 1 : 0;
}

async function testsOf({ jest }: Plan, seed: number): Promise<{ readonly records: Records; readonly exit: number }> {
  if (jest === null) return { records: NO_TESTS, exit: 0 };
  const folder = mkdtempSync(join(tmpdir(), 'cleanfeed-tests-'));
  try {
    const file = join(folder, 'records.jsonl');
    const exit = await runJest({ args: jest, seed, records: file, signal: abort.signal });
    return { records: readRecords(file), exit };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Null: an argument is wrong, which is said. */
function planned(): Plan | null {
  try {
    return planOf(ring, args);
  } catch (error) {
    process.stderr.write(`what changed is not known: ${error instanceof Error ? error.message : String(error)}\n`);
    return null;
  }
}

function judged({ failures, costs }: Records): Judgement {
  try {
    return judgeFailures(failures, {
      ring,
      started: new Set(costs.filter((cost) => cost.started).map(({ file }) => file)),
      changed: changedFolders(changedFiles()),
      history: readHistory(historyFile()),
      causes: CAUSES,
    });
  } catch (error) {
    return {
      retry: [],
      refused: [`what changed is not known: ${error instanceof Error ? error.message : String(error)}`],
    };
  }
}

async function retryOf(records: Records, seed: number): Promise<readonly RetriedFile[]> {
  const { failures, counts } = records;
  if (failures.length === 0 || counts === null || !counts.isComplete || abort.signal.aborted) return [];
  const { retry, refused } = judged(records);
  for (const line of refused) say(`not run again: ${line}`);
  const reruns = await rerun(retry, { seed, say, signal: abort.signal });
  return reruns.flatMap(({ retry: { file, failures: ofFile }, passed }) =>
    ofFile.map(({ test, message }) => ({ file, test, seed, failure: message, passed })),
  );
}

interface Outcome {
  readonly records: Records;
  readonly exit: number;
  readonly retried: readonly RetriedFile[];
  readonly failedChecks: number;
}

/** A file that passed each time when it was run again has no failed tests; a run that was cut, or failed without a count, has one more. */
function countsOf({ records, exit, retried, failedChecks }: Outcome): Counts {
  const { passed = 0, failed = 1, skipped = 0 } = records.counts ?? {};
  const files = new Set(retried.filter((one) => one.passed).map(({ file }) => file));
  const excused = records.failedFiles.reduce((sum, one) => sum + (files.has(one.file) ? one.failed : 0), 0);
  const left = failed - excused;
  const isExcused = excused > 0 && left === 0;
  const unexplained = exit !== 0 && failed === 0 && !isExcused ? 1 : 0;
  // A file that was begun again by jest may have passed then.
  const told = new Set(records.failedFiles.map(({ file }) => file));
  const untold = new Set(records.failures.map(({ file }) => file).filter((file) => !told.has(file))).size;
  return { passed: passed + excused, failed: Math.max(left, 0) + unexplained + untold + failedChecks, skipped };
}

function remember(counts: Counts, retried: readonly RetriedFile[], seed: number): void {
  const run = { at: new Date().toISOString(), commit: headCommit(), ring, seed, passed: counts.failed === 0, retried };
  const fault = addToHistory(historyFile(), run);
  if (fault !== null) say(`the history of runs cannot be written: ${fault}`);
}

function usage(): number {
  process.stderr.write(`run.ts ${RING_NAMES.join('|')} [--seed N] [arguments of jest]\n`);
  return 64;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
