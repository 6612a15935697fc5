import type { ChildProcess } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';

/** The guard's log, with the moment at which each line came. */
export class GuardProcess {
  readonly #child: ChildProcess;
  readonly #lines: { readonly event: string; readonly at: number }[] = [];

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stderr!.on('data', (piece: Buffer) => {
      const at = performance.now();
      for (const [, event = ''] of String(piece).matchAll(/"event":"([^"]+)"/g)) this.#lines.push({ event, at });
    });
  }

  /** When the event came first after that moment. */
  async event(name: string, since: number): Promise<number> {
    for (;;) {
      const found = this.#lines.find(({ event, at }) => event === name && at >= since);
      if (found !== undefined) return found.at;
      if (this.#child.exitCode !== null) throw new Error(`the guard ended before ${name}`);
      await pause(10);
    }
  }

  end(): void {
    this.#child.kill('SIGKILL');
  }
}
