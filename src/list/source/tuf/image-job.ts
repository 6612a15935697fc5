/**
 * Making the image of a long list, in a thread of its own: decrypting and sorting a million records takes as long as thousands of requests.
 *
 *   control thread ──ImageJob──▶ image-thread.ts ──how many bytes──▶ control thread
 *                                      │ builds in ◀──memory of the lists──┘
 *                                      └──done, or what is wrong──▶ control thread
 *
 * As with compiling (text/compile-job.ts) each job has its thread, and its heap goes with it. The image in force and the new one lie in
 * memory that both share. The job must not hold anything decrypted but the image, and the thread
 * is told no identity.
 */
import type { Worker } from 'node:worker_threads';
import { ListError } from '../../../lib/errors.ts';
import type { ListReason } from '../../../lib/errors.ts';
import { holdModules, startThread } from '../../../lib/memory-modules.ts';
import { listError } from '../../list-error.ts';
import type { ListMemory } from '../../list-memory.ts';
import type { WithdrawnSet } from '../../protected/withdrawn.ts';
import type { Chain } from './store.ts';
import type { FileKeys } from './stored-image.ts';

export interface ImageJob {
  readonly chain: Chain;
  readonly version: number;
  readonly withdrawn: WithdrawnSet | null;
  /** Where the files of the chain lie. */
  readonly folder: string;
  /** Of the files that it takes. */
  readonly fileKeys: FileKeys;
  /** What is in force, in shared memory; null: nothing. */
  readonly inForce: Uint8Array | null;
}

/** What the thread says: how many bytes it needs, and what came of it. It is answered the first with those bytes. */
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

/** @throws ListError as stored-image.ts does, and `internal` where the thread dies. */
export async function runImageJob(job: ImageJob, memory: ListMemory): Promise<Uint8Array> {
  await holdModules([IMAGE_THREAD]);
  const thread = startThread(IMAGE_THREAD, job, { resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } });
  let bytes: Uint8Array | null = null;
  try {
    await finished(thread, async (byteLength) => (bytes = await memory.lease(byteLength)));
    if (bytes === null) throw listError('internal', 'the image thread has made nothing');
    return bytes;
  } catch (error) {
    // Nobody writes there any more.
    await thread.terminate();
    if (bytes !== null) memory.release(bytes);
    throw error instanceof ListError ? error : listError('internal', `the image thread ended: ${String(error)}`, error);
  } finally {
    await thread.terminate();
  }
}

function finished(thread: Worker, lease: (byteLength: number) => Promise<Uint8Array>): Promise<void> {
  return new Promise((resolve, reject) => {
    thread.on('message', (message: FromImageThread) => {
      switch (message.type) {
        case 'lease':
          lease(message.byteLength).then((bytes) => thread.postMessage(bytes, []), reject);
          break;
        case 'done':
          resolve();
          break;
        case 'refused':
          reject(listError(message.code, message.message));
      }
    });
    thread.once('error', reject);
    thread.once('exit', (code) => reject(new Error(`exit ${code}`)));
  });
}
