/**
 * Jobs for recipients on as many threads as there are cores: digesting and encrypting is all that a publication costs. What is done sooner
 * than a thread has started is done here. The threads end with the command. It must not outlive the command.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { emit } from './emit-job.ts';
import type { EmitJob, EmitResult, Lines } from './emit-job.ts';
import type { Emitter } from './emitter.ts';

export interface EmitOptions {
  /** Module whose EMITTERS are used. */
  readonly emitters: URL;
  /** Of the list in force: by their number it is decided whether threads are worth their start. */
  readonly entries: number;
  /** Made when the first job asks for it. */
  readonly whole: () => Lines;
  readonly progress: (done: number) => void;
}

export const OWN_EMITTERS = new URL('./emitter.ts', import.meta.url);

/** Entries of all recipients together from which threads are worth their start. */
const FOR_THREADS = 20_000;

/** Results in the order of the jobs. A job that fails ends all. */
export async function emitAll(jobs: readonly EmitJob[], options: EmitOptions): Promise<readonly EmitResult[]> {
  const results: EmitResult[] = [];
  let next = 0;
  let done = 0;
  let lines: Lines | null = null;
  const run = async ({ ask, end }: Emitting): Promise<void> => {
    try {
      for (let index = next++; index < jobs.length; index = next++) {
        const job = jobs[index];
        if (job === undefined) return;
        const result = (await ask(job)) ?? (await ask({ ...job, whole: (lines ??= options.whole()) }));
        if (result === null) throw new Error(`nothing was made for ${job.recipient}`);
        results[index] = result;
        options.progress((done += 1));
      }
    } finally {
      await end();
    }
  };
  const threads = options.entries * jobs.length < FOR_THREADS ? 0 : Math.min(jobs.length, availableParallelism());
  if (threads < 2) await run(await emittingHere(options.emitters));
  else await Promise.all(Array.from({ length: threads }, async () => await run(emittingThread(options.emitters))));
  return results;
}

interface Emitting {
  readonly ask: (job: EmitJob) => Promise<EmitResult | null>;
  readonly end: () => Promise<unknown>;
}

async function emittingHere(emitters: URL): Promise<Emitting> {
  const { EMITTERS }: { readonly EMITTERS: readonly Emitter[] } = await import(emitters.href);
  return { ask: async (job) => await emit(job, EMITTERS), end: async () => await Promise.resolve() };
}

function emittingThread(emitters: URL): Emitting {
  const thread = new Worker(new URL('./emit-thread.ts', import.meta.url), { workerData: emitters.href });
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
