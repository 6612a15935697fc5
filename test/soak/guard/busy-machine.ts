/**
 * A machine that has more to do than it can: programs that only use up time are added while the load average of a minute is below what
 * is wanted, and taken away where it is far above. What others do on the machine counts.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { loadavg } from 'node:os';

/** The average follows slowly. */
const LOOK_MS = 10_000;
const SLACK = 3;

export class BusyMachine implements Disposable {
  /** Of a minute, at each look. */
  readonly loads: number[] = [];
  readonly #wanted: number;
  readonly #programs: ChildProcess[] = [];
  readonly #timer: NodeJS.Timeout;

  /** @param wanted load average; 0: whatever it is */
  constructor(wanted: number) {
    this.#wanted = wanted;
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    this.#look();
  }

  /** Programs of ours that run now. */
  get added(): number {
    return this.#programs.length;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    for (const program of this.#programs.splice(0)) program.kill('SIGKILL');
  }

  #look(): void {
    const load = loadavg()[0]!;
    this.loads.push(load);
    if (load < this.#wanted && this.#programs.length < this.#wanted) this.#programs.push(useTime());
    else if (load > this.#wanted + SLACK) this.#programs.pop()?.kill('SIGKILL');
  }
}

function useTime(): ChildProcess {
  // Should the run itself be killed, the kernel ends it.
  const words = ['--pdeathsig', 'KILL', 'sh', '-c', 'while :; do :; done'];
  return spawn('setpriv', words, { stdio: 'ignore' });
}
