/**
 * The surroundings of one test file: Node's own, and the end of it. Once a test has failed the rest of its file is skipped,
 * what it has started is killed where it does not end by itself, and so is the file. A file that passes leaves no process.
 *
 *   first failure ─▶ other tests skipped, hooks clear up ─▶ (10 s) its processes are killed ─▶ (10 s more) the run ends
 *
 * Runs outside of the test's own realm: nothing here is seen by a test.
 */
import { createRequire } from 'node:module';
import { relative } from 'node:path';
import vm from 'node:vm';
import { MARK, childProcesses, commandOf, killAll, markedProcesses } from './process-marks.mjs';

const BOUNDS = {
  clearUpMs: 10_000,
  /** Only bounds a file that hangs; none takes a tenth of it. */
  fileMs: 30 * 60_000,
  /** What was told to end may take a while on a busy machine; whoever is still there then was forgotten. */
  forgottenMs: 100_000,
};
const LOOK_MS = 50;

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

let files = 0;

export default class TestEnvironment extends PlainRealm {
  #name;
  #mark;
  #run;
  #known;
  #bounds;
  #bails;
  #timers = [];
  #failures = [];
  /** Of hooks that come before tests: no test tells of them once the tests are skipped. */
  #setUpFailures = [];

  constructor(config, context) {
    const run = process.env[MARK] ?? `run-${process.pid}`;
    const mark = `${run}.${process.pid}-${(files += 1)}`;
    // Before the test's realm is made: it takes a copy of the environment.
    process.env[MARK] = mark;
    super(config, context);
    this.#bounds = { ...BOUNDS, ...config.projectConfig.testEnvironmentOptions.bounds };
    this.#bails = config.globalConfig.bail > 0;
    this.#run = run;
    this.#mark = mark;
    this.#name = relative(config.projectConfig.rootDir, context.testPath);
    this.#known = new Set(childProcesses().map(({ pid }) => pid));
  }

  async setup() {
    await super.setup();
    // A worker of the runner whose runner has gone has nobody to tell anything.
    if (process.env['JEST_WORKER_ID'] !== undefined && process.send !== undefined) process.once('disconnect', leave);
    this.#later(this.#bounds.fileMs, () => this.#giveUp(`it did not end within ${this.#bounds.fileMs / 1000} s`));
  }

  handleTestEvent(event) {
    if (event.name === 'hook_failure' && event.hook.type === 'beforeAll') this.#setUpFailures.push(event.error);
    if (event.name === 'test_fn_failure' || event.name === 'hook_failure') this.#failed(event.error);
    // `--bail=0`: all failures are wanted.
    if (this.#failures.length === 0 || !this.#bails) return;
    if (event.name === 'test_start') event.test.mode = 'skip';
    if (event.name === 'run_describe_start') event.describeBlock.mode = 'skip';
  }

  async teardown() {
    process.off('disconnect', leave);
    for (const timer of this.#timers) clearTimeout(timer);
    process.env[MARK] = this.#run;
    const forgotten = await this.#forgotten(this.#failures.length > 0 ? 0 : this.#bounds.forgottenMs);
    const commands = forgotten.map(commandOf);
    killAll(forgotten);
    await super.teardown();
    if (forgotten.length > 0 && this.#failures.length === 0)
      throw new Error(`processes are left behind: ${commands.join('; ')}`);
    if (this.#bails && this.#setUpFailures.length > 0)
      throw new Error(`set-up failed: ${this.#setUpFailures.map(textOf).join('\n')}`);
  }

  #failed(error) {
    this.#failures.push(error);
    if (this.#failures.length > 1 || !this.#bails) return;
    // What waits for a process then sees it end.
    this.#later(this.#bounds.clearUpMs, () => killAll(this.#own()));
    this.#later(2 * this.#bounds.clearUpMs, () => this.#giveUp('it did not end after a failure'));
  }

  #giveUp(why) {
    killAll(this.#own());
    const told = this.#failures.map((error) => `\n${textOf(error)}`);
    process.stderr.write(`\n${this.#name}: ${why}${told.join('')}\n`);
    process.exit(1);
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

function textOf(error) {
  return error?.stack ?? String(error);
}
