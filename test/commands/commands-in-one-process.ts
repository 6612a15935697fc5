/**
 * The command line, many times: the first run of each command is a process of its own, as a user starts it; all that come after it share one beside
 * the test, and so pay for what they do and not for what is loaded. What they leave open keeps that process from ending, and so fails.
 * So is each that is given a standard input. Signals, options of Node: cli-process.ts.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { cleanfeed, environmentIn, ROOT, type Outcome, type Where } from './cli-process.ts';

type Environment = Readonly<Record<string, string>>;

export interface HostOrder {
  readonly number: number;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly environment: Environment;
}

export interface HostAnswer {
  readonly number: number;
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export type RunCommand = (args: readonly string[], options?: Pick<Where, 'cwd' | 'input'>) => Promise<Outcome>;

/** `list compile`, `publish recipient add`, `check`. */
const COMMAND = /^(?:(?:publish recipient|ctl (?:bypass|list|steer|trace)|ctl|list|publish|zone) )?\S+/;

interface RunOptions {
  /** False: no run is a process of its own; for a table of all commands, each of which has such a run elsewhere. */
  readonly firstAlone?: boolean;
  readonly environment?: Environment;
}

/** A process for the tests of this file, which is started when it is needed. */
export function commandsInOneProcess({ firstAlone = true, environment = {} }: RunOptions = {}): RunCommand {
  let host: CommandHost | null = null;
  const known = new Set<string>();
  afterAll(async () => await host?.end());
  return async (args, options = {}) => {
    const [command = ''] = COMMAND.exec(args.join(' ')) ?? [];
    const isFirst = firstAlone && !known.has(command);
    known.add(command);
    if (isFirst || options.input !== undefined) return await cleanfeed(args, options);
    host ??= new CommandHost();
    const { cwd = ROOT } = options;
    return await host.run(args, cwd, { ...environmentIn(cwd), ...environment });
  };
}

class CommandHost {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #waiting = new Map<number, PromiseWithResolvers<Outcome>>();
  #orders = 0;

  constructor() {
    this.#child = fork(join(import.meta.dirname, 'command-host.ts'), {
      cwd: ROOT,
      env: { ...process.env, ...environmentIn(ROOT) },
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#child.on('message', (answer: HostAnswer) => this.#settle(answer));
    this.#ended = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => {
        const error = new Error(`the process of the commands ended: ${code ?? signal}`);
        for (const { reject } of this.#waiting.values()) reject(error);
        resolve();
      });
    });
  }

  async run(args: readonly string[], cwd: string, environment: Environment): Promise<Outcome> {
    const waiting = Promise.withResolvers<Outcome>();
    this.#orders += 1;
    this.#waiting.set(this.#orders, waiting);
    this.#child.send({ number: this.#orders, args, cwd, environment } satisfies HostOrder);
    return await waiting.promise;
  }

  async end(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await this.#ended;
  }

  #settle({ number, ...outcome }: HostAnswer): void {
    this.#waiting.get(number)?.resolve({ ...outcome, signal: null });
    this.#waiting.delete(number);
  }
}
