/**
 * Jobs for recipients on as many threads as there are cores: digesting and encrypting is all that a publication costs. What is done sooner
 * than a thread has started is done here. The threads end with the command. It must not outlive the command.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { holdThreads, startThread } from '../../lib/threads.ts';
import { emit } from './emit-job.ts';
import type { EmitJob, EmitResult, Lines } from './emit-job.ts';
import { emittersIn } from './emitter.ts';
import type { Emitter } from './emitter.ts';
import { formColumns } from './entry-columns.ts';
import type { FormColumns } from './entry-columns.ts';

export interface EmitOptions {
  /** Module whose EMITTERS are used. */
  readonly emitters: URL;
  /** Of the list in force, and added: at least as many as `whole` gives. By their number it is decided whether threads are worth their start. */
  readonly entries: number;
  /** From the version before; null: everybody gets the whole list. */
  readonly change: { readonly added: EntryLines; readonly removed: Float64Array } | null;
  /** Read when the first job asks for it. */
  readonly whole: () => Iterable<readonly [line: string, uid: number]>;
  readonly progress: (done: number) => void;
  /** Aborted: no job begins any more, and when those under way have ended its reason is thrown. */
  readonly signal?: AbortSignal;
}

/** What is to be done for a recipient, without the entries, which are the same for all. */
export type RecipientJob = Omit<EmitJob, 'change' | 'whole'>;

/** Canonical lines with their uids. */
type EntryLines = readonly (readonly [line: string, uid: number])[];

const THREAD = new URL('./emit-thread.ts', import.meta.url);
/** Threads start from memory. */
let isHeld = false;

/**
 * For a process that goes on publishing: its release may be gone by then, or another one, whose threads would make other records than it signs for.
 * Throws CleanfeedError `modules_unreadable`.
 */
export async function holdEmitThread(): Promise<void> {
  await holdThreads([THREAD]);
  isHeld = true;
}

/** Entries of all recipients together from which threads are worth their start. */
const FOR_THREADS = 20_000;

/** Results in the order of the jobs. A job that fails ends all. */
export async function emitAll(jobs: readonly RecipientJob[], options: EmitOptions): Promise<readonly EmitResult[]> {
  const { entries, whole } = options;
  const emitters = await emittersIn(options.emitters);
  const change = changeIn(options.change, emitters);
  const results: EmitResult[] = [];
  let next = 0;
  let done = 0;
  let columns: FormColumns | null = null;
  const run = async ({ ask, end }: Emitting): Promise<void> => {
    try {
      for (let index = next++; index < jobs.length; index = next++) {
        options.signal?.throwIfAborted();
        const own = jobs[index];
        if (own === undefined) return;
        const job: EmitJob = { ...own, change, whole: null };
        const result =
          (await ask(job)) ?? (await ask({ ...job, whole: (columns ??= formColumns(whole, entries, emitters)) }));
        if (result === null) throw new Error(`nothing was made for ${job.recipient}`);
        results[index] = result;
        options.progress((done += 1));
      }
    } finally {
      await end();
    }
  };
  const threads = entries * jobs.length < FOR_THREADS ? 0 : Math.min(jobs.length, availableParallelism());
  if (threads < 2) await run(emittingHere(emitters));
  else await allEnded(Array.from({ length: threads }, async () => await run(emittingThread(options.emitters))));
  return results;
}

/** Where one fails the others still write, so that they are waited for. @throws what the first has thrown. */
async function allEnded(runs: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(runs);
  await Promise.all(runs);
}

interface Emitting {
  readonly ask: (job: EmitJob) => Promise<EmitResult | null>;
  readonly end: () => Promise<unknown>;
}

function changeIn(change: EmitOptions['change'], emitters: readonly Emitter[]): EmitJob['change'] {
  if (change === null) return null;
  const { added, removed } = change;
  return { added: formColumns(() => added, added.length, emitters), removed };
}

function emittingHere(emitters: readonly Emitter[]): Emitting {
  return { ask: async (job) => await emit(job, emitters), end: async () => await Promise.resolve() };
}

function emittingThread(emitters: URL): Emitting {
  const thread = isHeld ? startThread(THREAD, emitters.href) : new Worker(THREAD, { workerData: emitters.href });
  return { ask: async (job) => await answer(thread, job), end: async () => await thread.terminate() };
}

/** In memory that threads share. */
export function linesOf(entries: Iterable<readonly [string, number]>): Lines {
  const texts: string[] = [];
  const ids: number[] = [];
  let bytes = 0;
  for (const [line, uid] of entries) {
    texts.push(line);
    ids.push(uid);
    bytes += line.length + 1;
  }
  const text = Buffer.from(new SharedArrayBuffer(bytes));
  let at = 0;
  for (const line of texts) at += text.write(`${line}\n`, at, 'latin1');
  const uids = new Float64Array(new SharedArrayBuffer(ids.length * 8));
  uids.set(ids);
  return { text: new Uint8Array(text.buffer, text.byteOffset, bytes), uids };
}

function answer(thread: Worker, job: EmitJob): Promise<EmitResult | null> {
  return new Promise((resolve, reject) => {
    const done = (): void => {
      thread.removeAllListeners('message').removeAllListeners('error').removeAllListeners('exit');
    };
    thread.once('message', (message: { readonly result: EmitResult | null } | { readonly error: unknown }) => {
      done();
      if ('error' in message) reject(message.error instanceof Error ? message.error : new Error(String(message.error)));
      else resolve(message.result);
    });
    thread.once('error', (error) => {
      done();
      reject(error);
    });
    thread.once('exit', (code) => {
      done();
      reject(new Error(`a thread of the publisher ended (${code})`));
    });
    thread.postMessage(job, []);
  });
}
