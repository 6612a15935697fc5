/**
 * Where compiled lists and the segment of the text lists lie: in shared memory that whoever runs the lists lends, so that
 * what was read or built is what is served, without a copy. The text of a list needs none of it.
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

/** Ever new: for commands, which read a list once. */
export const FRESH_MEMORY: ListMemory = {
  lease: (byteLength) => Promise.resolve(new Uint8Array(new SharedArrayBuffer(byteLength))),
  release: () => {},
};
