/**
 * Making the image of a long list, in a thread of its own: decrypting and sorting a million records takes as long as thousands of requests.
 *
 *   control thread ──ImageJob──▶ image-thread.ts ──how many bytes──▶ control thread
 *                                      │ builds in ◀──memory of the lists──┘
 *                                      └──done, or what is wrong──▶ control thread
 *
 * The thread stays when it is done: what an empty one takes is a tenth of a list of a million entries, and would come and go with each update, as
 * would the time until it has started (ADR 0015). The image in force and the new one lie in memory that both share. The job must not hold
 * anything decrypted but the image, and the thread is told no identity.
 */
import type { Worker } from 'node:worker_threads';
import { holdThreads, startThread } from '../../../lib/threads.ts';
import { jobError, JobLeases } from '../../job-leases.ts';
import { listError, type ListReason } from '../../list-error.ts';
import type { ListMemory } from '../../list-memory.ts';
import type { WithdrawnSet } from '../../protected/withdrawn.ts';
import type { Chain } from './stored-state.ts';
import type { FileKeys } from './stored-image.ts';

export interface ImageJob {
  readonly chain: Chain;
  readonly version: number;
  readonly withdrawn: WithdrawnSet | null;
  /** Where the files of the chain lie. */
  readonly folder: string;
  /** Of the files that it takes. */
  readonly fileKeys: FileKeys;
  /** Of the files those that could not be written there, by SHA-256. */
  readonly held: ReadonlyMap<string, Uint8Array>;
  /** What is in force, in shared memory; null: nothing. */
  readonly inForce: Uint8Array | null;
  /** Requests are under way; false: they wait for the lists. */
  readonly givesWay: boolean;
}

/** What the thread is told: one job after the other, and where it may build. */
export type ToImageThread =
  | { readonly type: 'job'; readonly job: ImageJob }
  | { readonly type: 'leased'; readonly bytes: Uint8Array<SharedArrayBuffer> };

/** What the thread says: how many bytes it needs, and what came of it. */
export type FromImageThread =
  | { readonly type: 'lease'; readonly byteLength: number }
  | { readonly type: 'done' }
  | { readonly type: 'refused'; readonly code: ListReason; readonly message: string };

/** Its first module. */
export const IMAGE_THREAD = new URL('./image-thread.ts', import.meta.url);

/** Starting a thread takes as long as making an image of so many bytes. */
const OWN_THREAD_BYTES = 4 * 1024 * 1024;

/** Of the thread: what it allocates is dead a moment later, and V8 would take up to 48 MB for that. */
const YOUNG_MB = 3;

/** Whether it takes so long that it needs a thread. */
export function isLong(chain: Chain, inForce: Uint8Array | null): boolean {
  return Math.max(chain.full.bytes, inForce?.length ?? 0) >= OWN_THREAD_BYTES;
}

/** It waits for the next job; null: none does. */
let spare: Worker | null = null;

/** @throws ListError as stored-image.ts does, and `internal` where the thread dies. */
export async function runImageJob(job: ImageJob, memory: ListMemory): Promise<Uint8Array> {
  await holdThreads([IMAGE_THREAD]);
  const thread = takeThread();
  const leases = new JobLeases(memory);
  try {
    await finished(thread, job, leases);
    const [bytes] = leases.all;
    if (bytes === undefined) throw listError('internal', 'the image thread has made nothing');
    keepThread(thread);
    return bytes;
  } catch (error) {
    // Nobody writes there any more.
    await thread.terminate();
    leases.failed();
    throw jobError('image', error);
  }
}

function takeThread(): Worker {
  const thread = spare ?? startThread(IMAGE_THREAD, null, { resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } });
  spare = null;
  thread.removeAllListeners();
  thread.ref();
  return thread;
}

/** One stays, for whichever list comes next; it keeps no process from ending. */
function keepThread(thread: Worker): void {
  thread.removeAllListeners();
  if (spare !== null) {
    void thread.terminate();
    return;
  }
  const forget = (): void => {
    if (spare === thread) spare = null;
  };
  thread.once('error', forget).once('exit', forget);
  thread.unref();
  spare = thread;
}

function finished(thread: Worker, job: ImageJob, leases: JobLeases): Promise<void> {
  const tell = (message: ToImageThread): void => thread.postMessage(message, []);
  return new Promise((resolve, reject) => {
    thread.on('message', (message: FromImageThread) => {
      switch (message.type) {
        case 'lease':
          leases.lease(message.byteLength).then((bytes) => tell({ type: 'leased', bytes }), reject);
          break;
        case 'done':
          resolve();
          break;
        case 'refused':
          reject(listError(message.code, message.message));
      }
    });
    thread.once('error', reject);
    thread.once('exit', (code) => reject(new Error(`exit status ${code}`)));
    tell({ type: 'job', job });
  });
}
