/** Programs that a run starts, and their end: by their own id, whatever happens to the run. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { portAccepts } from '../../support/port-accepts.ts';
import { findProgram } from '../../../bench/load/programs.ts';

export interface ProgramOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

const POLL_MS = 20;
/** It only bounds a program that hangs: one that ends is not waited for. */
const START_BOUND_MS = 300_000;
const STOP_BOUND_MS = 5000;
const SPEECH_KEPT = 4000;

export class Program {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly #name: string;
  #speech = '';

  constructor(command: string, args: readonly string[], { cwd, env }: ProgramOptions) {
    this.#name = command;
    const path = command.includes('/') ? command : findProgram(command);
    if (path === null) throw new Error(`${command} is not installed`);
    this.#child = spawn(...dyingWithUs(path, args), {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    this.#exited = once(this.#child, 'close').catch((error: unknown) => {
      this.#speech += String(error);
    });
    this.#child.stderr!.on('data', (chunk: Buffer) => {
      this.#speech = (this.#speech + chunk.toString('latin1')).slice(-SPEECH_KEPT);
    });
  }

  /** The first line that it prints. */
  async firstLine(): Promise<string> {
    const lines = createInterface({ input: this.#child.stdout! });
    const [line] = await this.#orDeath(once(lines, 'line'));
    this.#child.stdout!.resume();
    return String(line);
  }

  /** Until all of them accept connections. */
  async listens(ports: Iterable<number>): Promise<void> {
    this.#child.stdout!.resume();
    const deadline = Date.now() + START_BOUND_MS;
    for (const port of ports) {
      while (!(await portAccepts(port))) {
        if (this.#hasEnded || Date.now() > deadline)
          throw new Error(`${this.#name} does not listen on ${port}: ${this.#speech}`);
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    }
  }

  /** Ends with status 0 after it has done its work. */
  async finished(): Promise<void> {
    this.#child.stdout!.resume();
    await this.#exited;
    if (this.#child.exitCode !== 0)
      throw new Error(`${this.#name} ended with ${this.#child.exitCode}: ${this.#speech}`);
  }

  async stop(): Promise<void> {
    if (!this.#hasEnded) this.#child.kill('SIGTERM');
    const force = setTimeout(() => this.#child.kill('SIGKILL'), STOP_BOUND_MS);
    await this.#exited;
    clearTimeout(force);
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  async #orDeath<T>(what: Promise<T>): Promise<T> {
    const died = this.#exited.then(() => {
      throw new Error(`${this.#name} ended: ${this.#speech}`);
    });
    return await Promise.race([what, died]);
  }
}

/** Should the run itself be killed, the kernel ends what it started. */
function dyingWithUs(path: string, args: readonly string[]): [string, string[]] {
  const setpriv = findProgram('setpriv');
  return setpriv === null ? [path, [...args]] : [setpriv, ['--pdeathsig', 'TERM', path, ...args]];
}

/** Names and ports as JSON. */
export function portsOf(line: string): ReadonlyMap<string, number> {
  const ports: unknown = JSON.parse(line);
  return new Map(Object.entries(ports ?? {}).map(([name, port]) => [name, Number(port)]));
}

/** Stops all of them; the first error counts, after the others have been stopped. */
export async function stopAll(programs: readonly { stop(): Promise<void> }[]): Promise<void> {
  const outcomes = await Promise.allSettled(programs.map(async (program) => await program.stop()));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
