/**
 * What a job in another thread is lent of the memory of the lists. The thread may die while its memory is still waited for: nobody would build there, and
 * memory that nobody gives back is none for any list any more. It must not outlive the job.
 */
import { messageOf } from '../lib/errors.ts';
import { ListError, listError } from './list-error.ts';
import type { ListMemory } from './list-memory.ts';

export class JobLeases {
  readonly #memory: ListMemory;
  readonly #leased: Uint8Array<SharedArrayBuffer>[] = [];
  #hasFailed = false;

  constructor(memory: ListMemory) {
    this.#memory = memory;
  }

  /** In the order in which they were asked for. */
  get all(): readonly Uint8Array<SharedArrayBuffer>[] {
    return this.#leased;
  }

  /** @throws ListError `internal` where the job has failed meanwhile; then it has gone back. */
  async lease(byteLength: number): Promise<Uint8Array<SharedArrayBuffer>> {
    const bytes = await this.#memory.lease(byteLength);
    if (!this.#hasFailed) {
      this.#leased.push(bytes);
      return bytes;
    }
    this.#memory.release(bytes);
    throw listError('internal', 'the thread that asked for memory has ended');
  }

  /** Nobody builds there any more: all of it goes back, and what is still waited for when it comes. */
  failed(): void {
    this.#hasFailed = true;
    for (const bytes of this.#leased.splice(0)) this.#memory.release(bytes);
  }
}

/** Why a job came to nothing, as an error of the list that it was for. @param which thread had it. */
export function jobError(which: 'compile' | 'image', cause: unknown): ListError {
  if (cause instanceof ListError) return cause;
  const reason = messageOf(cause);
  return listError(
    'internal',
    `the ${which} thread ended before it was done (${reason}); what is in force stays`,
    cause,
  );
}
