/**
 * Jest reporter: the closing line `N passed, N failed`, from the runner's own counts, behind all that jest prints. What keeps a
 * finished run open fails it. The line is true however the run ends: where it was cut short, what is known so far, and the cut as
 * a failure. A ring (test/rings/run.ts) is given the same as a record, and closes by itself.
 */

import { writeSync } from 'node:fs';
import { relative } from 'node:path';
import { noteRecord, RECORDS } from './test-records.ts';

/** A run that is over has closed everything long before; one that has failed is not waited for. */
const OPEN_MS = { passed: 60_000, failed: 2000 };

export default class CountReporter {
  #settled = { passed: 0, failed: 0, skipped: 0 };
  /** Statuses of the tests of files that failed as a whole after their tests: jest then counts none of them. */
  #lost = [];
  /** Statuses of the tests of files that are under way. */
  #current = new Map();
  #isComplete = false;
  #openMs;
  #root;

  constructor({ watch, watchAll, rootDir }, { openMs = OPEN_MS } = {}) {
    this.#openMs = openMs;
    this.#root = rootDir;
    if (watch || watchAll) this.#openMs = { passed: Infinity, failed: Infinity };
    for (const [signal, number] of [
      ['SIGHUP', 1],
      ['SIGINT', 2],
      ['SIGTERM', 15],
    ])
      process.once(signal, () => process.exit(128 + number));
    // Jest's own summary comes after every reporter has had its turn.
    process.once('exit', (code) => {
      process.exitCode = this.#isComplete ? code : code === 0 ? 1 : code;
      const counts = this.#counts();
      if ((process.env[RECORDS] ?? '') === '') print(`\n${lineOf(counts)}\n`);
      else noteRecord({ kind: 'counts', ...counts, isComplete: this.#isComplete });
    });
  }

  onTestCaseResult({ path }, result) {
    this.#current.set(path, [...(this.#current.get(path) ?? []), result.status]);
  }

  onTestResult({ path }, { testResults, numFailingTests, testExecError, failureMessage }, results) {
    const failsWhole = testResults.length === 0;
    // Jest counts a file that failed as a whole once, and none of its tests.
    if (failsWhole) this.#lost.push(...(this.#current.get(path) ?? []));
    // A hook behind the tests that fails: jest counts the file, too.
    const failed = failsWhole ? 1 : numFailingTests + (testExecError ? 1 : 0);
    const file = relative(this.#root, path);
    if (failed > 0) noteRecord({ kind: 'failed file', file, failed, failsWhole, message: failureMessage ?? '' });
    this.#current.delete(path);
    this.#settle(results);
  }

  onRunComplete(_contexts, results) {
    this.#settle(results);
    this.#isComplete = true;
    if (this.#settled.failed > 0) this.#endAfter(this.#openMs.failed);
    else if (Number.isFinite(this.#openMs.passed)) setTimeout(() => this.#refuse(), this.#openMs.passed).unref();
  }

  #endAfter(milliseconds) {
    if (Number.isFinite(this.#openMs.failed)) setTimeout(() => process.exit(1), milliseconds).unref();
  }

  #settle(results) {
    this.#settled = {
      passed: results.numPassedTests,
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      skipped: results.numPendingTests + results.numTodoTests,
    };
  }

  #refuse() {
    process.stderr.write(
      `\nall tests have passed, but the run does not end: ${process.getActiveResourcesInfo().join(', ')}\n`,
    );
    this.#isComplete = false;
    process.exit(1);
  }

  #counts() {
    const uncounted = [...this.#lost, ...[...this.#current.values()].flat()];
    const count = (status) => uncounted.filter((one) => one === status).length;
    const passed = this.#settled.passed + count('passed');
    const failed = this.#settled.failed + count('failed') + (this.#isComplete ? 0 : 1);
    const skipped = this.#settled.skipped + count('pending') + count('todo');
    return { passed, failed, skipped };
  }
}

function lineOf({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/** Not by `process.stdout`: where a failure ends the run, jest has made its `write` do nothing by now. */
function print(text) {
  for (let left = Buffer.from(text); left.length > 0;) {
    try {
      left = left.subarray(writeSync(1, left));
    } catch (error) {
      // A pipe whose reader is slow.
      if (error.code !== 'EAGAIN') return;
    }
  }
}
