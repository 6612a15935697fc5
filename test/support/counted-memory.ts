/** Memory of the lists that says what has been lent and not given back; the buffers are those of the running instance. */
import type { ListMemory } from '../../src/list/list-memory.ts';
import { SharedBuffers } from '../../src/memory/shared-buffers.ts';

export interface CountedMemory extends ListMemory {
  /** How many buffers are with the lists now. */
  readonly lent: number;
  /** Every buffer that was ever lent. */
  readonly seen: ReadonlySet<ArrayBufferLike>;
}

export function countedMemory(): CountedMemory {
  const buffers = new SharedBuffers({ add: (buffer) => new Uint8Array(buffer).fill(0), remove: () => {} });
  const lent = new Set<ArrayBufferLike>();
  const seen = new Set<ArrayBufferLike>();
  return {
    seen,
    get lent() {
      return lent.size;
    },
    lease: (byteLength) => {
      const bytes = buffers.lease(byteLength);
      lent.add(bytes.buffer);
      seen.add(bytes.buffer);
      // What is left there from before must not matter.
      bytes.fill(0xaa);
      return Promise.resolve(bytes);
    },
    release: (bytes) => {
      lent.delete(bytes.buffer);
      buffers.release(bytes);
    },
  };
}
