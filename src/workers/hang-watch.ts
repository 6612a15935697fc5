/**
 * Finds workers that are alive and do nothing: a loop that never ends, a lock that never opens. Each worker counts up in
 * shared memory with every look at its deadlines (four a second); one whose count stands still for too long is reported.
 *
 * What is measured is the time this thread saw pass while it was running itself: a machine that was suspended, or a process
 * that was stopped with SIGSTOP, has not found all its workers hung when it wakes up. It must not replace a worker itself.
 */
import { DEADLINES, type Deadlines } from '../lib/deadlines.ts';
import { systemTime, type Time, type Timer } from '../lib/time.ts';
import type { DataWorker } from './data-worker.ts';
import { HEARTBEAT_SLOT } from './messages.ts';

export interface HangWatchOptions {
  /** The control words; see messages.ts. */
  readonly control: Int32Array;
  readonly workers: () => readonly DataWorker[];
  /** Milliseconds; may change with a reload. */
  readonly hangTimeoutMs: () => number;
  /** It is called once a worker. */
  readonly onHung: (worker: DataWorker, quietMs: number) => void;
  readonly time?: Time;
  readonly deadlines?: Pick<Deadlines['workers'], 'startMs' | 'hangLookMs'>;
}

interface Pulse {
  beat: number;
  quietMs: number;
}

/** The number of looks within the shortest bound decides how exact it is. */
const LOOKS = 5;

export class HangWatch {
  readonly #options: HangWatchOptions;
  readonly #time: Time;
  readonly #deadlines: NonNullable<HangWatchOptions['deadlines']>;
  readonly #pulses = new WeakMap<DataWorker, Pulse>();
  #timer: Timer | null = null;
  #lookedAt = 0;

  constructor(options: HangWatchOptions) {
    this.#options = options;
    this.#time = options.time ?? systemTime;
    this.#deadlines = options.deadlines ?? DEADLINES.workers;
  }

  start(): void {
    this.#lookedAt = this.#time.now();
    this.#next();
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #next(): void {
    const everyMs = Math.min(this.#deadlines.hangLookMs, this.#options.hangTimeoutMs() / LOOKS);
    const look = (): void => {
      try {
        this.#look(everyMs);
      } finally {
        this.#next();
      }
    };
    this.#timer = this.#time.after(everyMs, look).unref();
  }

  #look(everyMs: number): void {
    const now = this.#time.now();
    // Longer than that, and it was this thread that stood still.
    const passedMs = Math.min(now - this.#lookedAt, 2 * everyMs);
    this.#lookedAt = now;
    for (const worker of this.#options.workers()) {
      if (worker.isSilent || worker.state === 'drained') continue;
      const quietMs = this.#quietFor(worker, passedMs);
      const isStarting = worker.state === 'starting' && worker.serving === 0;
      const boundMs = Math.max(this.#options.hangTimeoutMs(), isStarting ? this.#deadlines.startMs : 0);
      if (quietMs >= boundMs) this.#options.onHung(worker, quietMs);
    }
  }

  #quietFor(worker: DataWorker, passedMs: number): number {
    const beat = Atomics.load(this.#options.control, HEARTBEAT_SLOT + worker.index);
    const pulse = this.#pulses.get(worker);
    if (pulse === undefined || pulse.beat !== beat) {
      this.#pulses.set(worker, { beat, quietMs: 0 });
      return 0;
    }
    pulse.quietMs += passedMs;
    return pulse.quietMs;
  }
}
