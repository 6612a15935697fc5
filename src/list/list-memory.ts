/**
 * Where compiled lists and the segment of the text lists lie: in shared memory that whoever runs the lists lends, so that
 * what was read or built is what is served, without a copy. The text of a list needs none of it. It must not give memory back twice.
 */

export interface ListMemory {
  /**
   * Memory for as many bytes, at the start of its buffer, with anything in it. Nobody else writes there before `release`.
   * May wait for memory to come back.
   */
  lease(byteLength: number): Promise<Uint8Array<SharedArrayBuffer>>;
  /** The lists need these bytes no more; where others still read them, they stay. Nothing happens to bytes from elsewhere. */
  release(bytes: Uint8Array): void;
}

/**
 * Nobody needs these bytes any more, wherever they lie; ordinary memory goes back now and not with the next collection of garbage, and without what was
 * in it: a text would lie there until something else does.
 */
export function giveBack(bytes: Uint8Array, memory: ListMemory): void {
  const { buffer, byteLength } = bytes;
  // What is a part of a buffer shares it with others.
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) {
    bytes.fill(0);
    buffer.transfer(0);
  } else memory.release(bytes);
}

/** Ever new: for commands, which read a list once. */
export const FRESH_MEMORY: ListMemory = {
  lease: (byteLength) => Promise.resolve(new Uint8Array(new SharedArrayBuffer(byteLength))),
  release: () => {},
};
