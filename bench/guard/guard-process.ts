import type { ChildProcess } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';

/** The guard's log, with the moment at which each line came. */
export class GuardProcess {
  readonly #child: ChildProcess;
  readonly #lines: { readonly event: string; readonly text: string; readonly at: number }[] = [];
  #rest = '';

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stderr!.on('data', (piece: Buffer) => {
      const at = performance.now();
      const lines = (this.#rest + String(piece)).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const text of lines) {
        const [, event] = /"event":"([^"]+)"/.exec(text) ?? [];
        if (event !== undefined) this.#lines.push({ event, text, at });
      }
    });
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** When the event came first after that moment. */
  async event(name: string, since: number): Promise<number> {
    for (;;) {
      const found = this.#lines.find(({ event, at }) => event === name && at >= since);
      if (found !== undefined) return found.at;
      if (this.hasEnded) throw new Error(`the guard ended before ${name}`);
      await pause(10);
    }
  }

  /** Its lines with this event after that moment. */
  lines(name: string, since: number): readonly string[] {
    return this.#lines.filter(({ event, at }) => event === name && at > since).map(({ text }) => text);
  }

  end(): void {
    this.#child.kill('SIGKILL');
  }
}
