/**
 * How far a long command has come: on a terminal only, on standard error, and only where the command takes long enough to
 * wonder. Pipes and logs see nothing of it. It must not write to standard output.
 */
import { systemTime, type Time } from '../lib/time.ts';

const FIRST_AFTER_MS = 300;
const REDRAW_MS = 100;
const CELLS = 30;

type Clock = Pick<Time, 'now'>;

export interface ProgressStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export class ProgressBar {
  readonly #label: string;
  readonly #total: number;
  readonly #stream: ProgressStream;
  readonly #time: Clock;
  #nextAt: number;
  #isShown = false;

  /** @param total of what `update` is told a part. */
  constructor(label: string, total: number, stream: ProgressStream = process.stderr, time: Clock = systemTime) {
    this.#label = label;
    this.#total = Math.max(1, total);
    this.#stream = stream;
    this.#time = time;
    this.#nextAt = time.now() + FIRST_AFTER_MS;
  }

  update(done: number): void {
    if (this.#stream.isTTY !== true || this.#time.now() < this.#nextAt) return;
    this.#nextAt = this.#time.now() + REDRAW_MS;
    this.#isShown = true;
    const share = Math.min(1, done / this.#total);
    const filled = Math.round(share * CELLS);
    this.#stream.write(
      `\r${this.#label} [${'#'.repeat(filled)}${'.'.repeat(CELLS - filled)}] ${String(Math.floor(share * 100)).padStart(3)} %`,
    );
  }

  /** Takes the bar away. */
  end(): void {
    if (this.#isShown) this.#stream.write('\r\u001b[K');
    this.#isShown = false;
  }
}
