/**
 * The surroundings of one test file: Node's own, and the end of it. A failure ends neither the file nor the run. What a file
 * with failures has started is killed where its clearing up does not end by itself, and so is the file. A file that passes leaves
 * no process, and only those that are named for it start any (test/README.md).
 *
 *   last test ─▶ hooks clear up ─▶ (10 s after a failure) its processes are killed ─▶ (10 s more) the file has failed
 *
 * Notes what the end of the run needs (test-records.ts). Runs outside of the test's own realm: nothing here is seen by a test.
 */
import { createRequire } from 'node:module';
import { relative } from 'node:path';
import vm from 'node:vm';
import { compilePackagesOnce } from './compiled-once.mjs';
import { failureKind } from './failure-kind.ts';
import { MARK, childIds, childProcesses, commandOf, killAll, markedProcesses } from './process-marks.mjs';
import { endedChildren, noteRecord } from './test-records.ts';

const BOUNDS = {
  clearUpMs: 10_000,
  /** What is left of a file that has failed: its other tests may each wait for what the failure has left undone. */
  afterFailureMs: 10 * 60_000,
  /** Only bounds a file that hangs; none takes a tenth of it. */
  fileMs: 30 * 60_000,
  /** What was told to end may take a while on a busy machine; whoever is still there then was forgotten. */
  forgottenMs: 100_000,
};
const LOOK_MS = 50;
/** Names of files that may start processes. */
const MAY_START = /\.(?:process|real|long)\.test\.ts$/;

/** What jest itself runs tests in; a package of jest's, not one of ours. */
function nodeEnvironment() {
  const path = ['jest/package.json', 'jest-cli/package.json', 'jest-config/package.json'].reduce(
    (from, next) => createRequire(from).resolve(next),
    import.meta.url,
  );
  return createRequire(path)('jest-environment-node').TestEnvironment;
}

/**
 * Node's surroundings with a global object of the ordinary kind. Jest gives a test file a proxy for it, and each look at a
 * global (`Math`, `Buffer`) leaves compiled code: 200 ns, a quarter of what tests of pure modules cost.
 */
class PlainRealm extends nodeEnvironment() {
  constructor(config, context) {
    const { createContext } = vm;
    vm.createContext = () => createContext(vm.constants.DONT_CONTEXTIFY);
    super(config, context);
    vm.createContext = createContext;
  }
}

compilePackagesOnce();

let files = 0;

export default class TestEnvironment extends PlainRealm {
  #name;
  #mark;
  #run;
  #known;
  #bounds;
  #timers = [];
  #failures = [];
  #isClearingUp = false;
  #isBound;
  #cost = { own: process.cpuUsage(), children: endedChildren(), since: performance.now() };

  constructor(config, context) {
    const run = process.env[MARK] ?? `run-${process.pid}`;
    const mark = `${run}.${process.pid}-${(files += 1)}`;
    // Before the test's realm is made: it takes a copy of the environment.
    process.env[MARK] = mark;
    super(config, context);
    this.#bounds = { ...BOUNDS, ...config.projectConfig.testEnvironmentOptions.bounds };
    this.#run = run;
    this.#mark = mark;
    this.#name = relative(config.projectConfig.rootDir, context.testPath);
    this.#isBound = config.projectConfig.testEnvironmentOptions.mayStart !== true && !MAY_START.test(this.#name);
    this.#known = childIds();
  }

  async setup() {
    await super.setup();
    noteRecord({ kind: 'begun', file: this.#name });
    // A worker of the runner whose runner has gone has nobody to tell anything.
    if (process.env['JEST_WORKER_ID'] !== undefined && process.send !== undefined) process.once('disconnect', leave);
    this.#later(this.#bounds.fileMs, () => this.#giveUp(`it did not end within ${this.#bounds.fileMs / 1000} s`));
  }

  handleTestEvent(event, state) {
    if (event.name === 'test_fn_failure' || event.name === 'hook_failure') this.#failed(event);
    // Nobody has caught it: whatever it is, it was not the test's own.
    if (event.name === 'error') this.#failed({ error: event.error, isUncaught: true });
    // Hooks behind the last test: what waits for a process there waits for one that a failed test has left as it was.
    if (event.name === 'hook_start' && event.hook.type === 'afterAll' && isOver(state.rootDescribeBlock))
      this.#clearsUp();
  }

  async teardown() {
    process.off('disconnect', leave);
    for (const timer of this.#timers) clearTimeout(timer);
    process.env[MARK] = this.#run;
    // What was never started is not looked for.
    const forgotten = this.#hasStarted()
      ? await this.#forgotten(this.#failures.length > 0 ? 0 : this.#bounds.forgottenMs)
      : [];
    const commands = forgotten.map(commandOf);
    killAll(forgotten);
    const started = this.#noteCost();
    await super.teardown();
    if (forgotten.length > 0 && this.#failures.length === 0)
      throw new Error(`processes are left behind: ${commands.join('; ')}`);
    if (started && this.#isBound && this.#failures.length === 0)
      throw new Error(
        'it starts processes: its name ends with .process.test.ts, .real.test.ts or .long.test.ts (test/README.md)',
      );
  }

  #failed({ error, test, isUncaught = false }) {
    this.#failures.push(error);
    if (this.#failures.length === 1)
      this.#later(this.#bounds.afterFailureMs, () => this.#giveUp('it did not end after a failure'));
    noteRecord({
      kind: 'failure',
      file: this.#name,
      test: test === undefined ? null : nameOf(test),
      inconclusive: isUncaught ? null : failureKind(error),
      message: textOf(Array.isArray(error) ? error[0] : error).slice(0, 2000),
    });
    if (this.#isClearingUp) this.#boundClearingUp();
  }

  #clearsUp() {
    if (this.#isClearingUp) return;
    this.#isClearingUp = true;
    if (this.#failures.length > 0) this.#boundClearingUp();
  }

  #boundClearingUp() {
    // What waits for a process then sees it end.
    this.#later(this.#bounds.clearUpMs, () => killAll(this.#own()));
    this.#later(2 * this.#bounds.clearUpMs, () => this.#giveUp('it did not end after a failure'));
  }

  #giveUp(why) {
    killAll(this.#own());
    const told = this.#failures.map((error) => `\n${textOf(error)}`);
    process.stderr.write(`\n${this.#name}: ${why}${told.join('')}\n`);
    noteRecord({ kind: 'failure', file: this.#name, test: null, inconclusive: null, message: why });
    // By a signal: jest runs a file again whose worker has ended by itself.
    if (process.send === undefined) process.exit(1);
    process.kill(process.pid, 'SIGKILL');
  }

  /** @returns {boolean} whether it has started processes */
  #noteCost() {
    const { own, children, since } = this.#cost;
    const { user, system } = process.cpuUsage(own);
    const now = endedChildren();
    // Where workers end with which the runner has looked at changed files, they are counted too.
    const left = childIds();
    const isKnownLeft = [...this.#known].every((pid) => left.has(pid));
    const started = isKnownLeft && now.faults > children.faults;
    noteRecord({
      kind: 'cost',
      file: this.#name,
      own: (user + system) / 1e6,
      children: now.cpuSeconds - children.cpuSeconds,
      seconds: (performance.now() - since) / 1000,
      started,
    });
    return started;
  }

  /** Whether anything may be left of it: a process that ended is counted, one that lives is a child of this one. */
  #hasStarted() {
    return endedChildren().faults > this.#cost.children.faults || [...childIds()].some((pid) => !this.#known.has(pid));
  }

  #own() {
    const found = [...markedProcesses(this.#mark), ...childProcesses(this.#known)];
    return [...new Map(found.map((one) => [one.pid, one])).values()];
  }

  async #forgotten(waitMs) {
    const deadline = Date.now() + waitMs;
    for (;;) {
      const found = this.#own();
      if (found.length === 0 || Date.now() >= deadline) return found;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  #later(milliseconds, action) {
    this.#timers.push(setTimeout(() => action(), milliseconds).unref());
  }
}

function leave() {
  process.exit(1);
}

/** Whether each test of a jest-circus block has ended. */
function isOver({ children }) {
  return children.every((child) => (child.type === 'describeBlock' ? isOver(child) : child.status !== null));
}

function nameOf({ name, parent }) {
  return parent === undefined || parent.parent === undefined ? name : `${nameOf(parent)} ${name}`;
}

function textOf(error) {
  return error?.stack ?? String(error);
}
