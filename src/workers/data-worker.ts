/**
 * The control thread's end of one data thread: what it was told, what it has answered. It must not decide anything: the
 * pool replaces it, the swap waits for it.
 */
import type { Worker } from 'node:worker_threads';
import { originOf } from '../lib/errors.ts';
import type { ListenError } from '../lib/errors.ts';
import { startThread } from '../lib/threads.ts';
import type { SegmentImage } from '../match/snapshot.ts';
import { Acknowledgements } from './acknowledgements.ts';
import type { DataThreadInput, FromWorker, ListRules, ToWorker } from './messages.ts';
import { DATA_THREAD_YOUNG_MB } from '../memory/young-generation.ts';

export type WorkerState = 'starting' | 'serving' | 'listening' | 'draining' | 'drained' | 'gone';

export interface DataWorkerEvents {
  readonly message: (message: FromWorker) => void;
  /** It is called once. `reason` has no message text of the error, which could quote what a client sent. */
  readonly exit: (code: number, reason: string) => void;
}

/** Workers get a snapshot in this form. */
export interface StagedSnapshot {
  readonly generation: number;
  readonly images: readonly SegmentImage[];
  readonly rules: ListRules;
}

export class DataWorker extends Acknowledgements {
  readonly index: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  state: WorkerState = 'starting';
  hasListenOrder = false;
  /** The keys of the specs that it was told to open, and not to close since. */
  readonly listenKeys = new Set<string>();
  /** The keys of those that it has opened. */
  readonly open = new Set<string>();
  listenFault: ListenError | null = null;
  /** The revision of the configuration that it has said it works by. */
  configured = 0;
  readonly #thread: Worker;
  #reason = 'ended by itself';

  /** @param file its first module; it must be held (lib/threads.ts). */
  constructor(file: URL, input: DataThreadInput, startedAt: number, events: DataWorkerEvents) {
    super();
    this.index = input.worker;
    this.startedAt = startedAt;
    this.#thread = startThread(file, input, {
      name: `data-${input.worker}`,
      resourceLimits: { maxYoungGenerationSizeMb: DATA_THREAD_YOUNG_MB },
    });
    this.#thread.on('message', events.message);
    this.#thread.on('error', (error: unknown) => {
      this.#reason = originOf(error);
    });
    this.#thread.on('exit', (code) => {
      this.state = 'gone';
      events.exit(code, this.#reason);
    });
  }

  get isAlive(): boolean {
    return this.state !== 'gone';
  }

  /** It finishes what is under way: nothing new concerns it, and nothing is waited for from it. */
  get isLeaving(): boolean {
    return this.state === 'draining' || this.state === 'drained';
  }

  post(message: ToWorker): void {
    // Nothing to transfer: shared buffers are shared.
    if (this.isAlive) this.#thread.postMessage(message, []);
  }

  stage(snapshot: StagedSnapshot): void {
    this.recordStaged(snapshot.generation);
    this.post({ type: 'prepare', ...snapshot });
  }

  /** The worker is told to stop listening there. */
  forget(key: string): void {
    this.listenKeys.delete(key);
    this.open.delete(key);
  }

  /** @param reason what the log gives as the reason of its end. */
  async terminate(reason = 'ended by the control thread'): Promise<void> {
    this.#reason = reason;
    await this.#thread.terminate();
  }
}
