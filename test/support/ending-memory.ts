/** Memory of the lists that is waited for while the thread that asked for it ends. */
import { jest } from '@jest/globals';
import { Worker } from 'node:worker_threads';
import type { ListMemory } from '../../src/list/list-memory.ts';

export interface EndingMemory extends ListMemory {
  /** The memory comes now: nobody waits for it any more. */
  come(): void;
  /** Once it has come, whether it went back. */
  readonly hasGoneBack: () => boolean;
}

/** The thread that is started, or used again, next is the one that ends. */
export function endingMemory(): EndingMemory {
  const used = jest.spyOn(Worker.prototype, 'once');
  const late = Promise.withResolvers<Uint8Array<SharedArrayBuffer>>();
  const bytes = new Uint8Array(new SharedArrayBuffer(8));
  let hasGoneBack = false;
  return {
    lease: async () => {
      const thread: unknown = used.mock.contexts.at(-1);
      used.mockRestore();
      if (!(thread instanceof Worker)) throw new Error('no thread was started');
      void thread.terminate();
      return await late.promise;
    },
    release: (released) => {
      hasGoneBack ||= released === bytes;
    },
    come: () => late.resolve(bytes),
    hasGoneBack: () => hasGoneBack,
  };
}
