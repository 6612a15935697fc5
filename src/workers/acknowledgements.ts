/**
 * What one data thread was told of generations and what it has answered; from that follows what it may still read. It must
 * know nothing else of the thread.
 */

export class Acknowledgements {
  /** The generation that it was given last. */
  staged = 0;
  prepared = 0;
  /** The generation that it said last it could not open, and why. */
  failed: { readonly generation: number; readonly reason: string } | null = null;
  /** The generation that it was told is in force. */
  flipped = 0;
  serving = 0;
  /** It does not answer in time and is being ended: nobody waits for it any more, but it may read until it has ended. */
  isSilent = false;
  #answered = 0;
  /** The generations that it was given and has not left behind. */
  #held: readonly number[] = [];

  recordStaged(generation: number): void {
    this.staged = generation;
    this.#held = [...this.#held, generation];
  }

  /** It has opened a generation, or, where `reason` is told, could not. */
  opened(generation: number, reason: string | null = null): void {
    if (reason === null) this.prepared = generation;
    else this.failed = { generation, reason };
    this.#answered = Math.max(this.#answered, generation);
  }

  /** Its next request is judged by this generation: it never reads an older one again. */
  serves(generation: number): void {
    this.serving = generation;
    this.#held = this.#held.filter((other) => other >= generation);
  }

  mayRead(generation: number): boolean {
    return this.#held.includes(generation);
  }

  /** A generation that will not come into force is read only while it is being opened. */
  mayBeOpening(generation: number): boolean {
    return this.mayRead(generation) && this.#answered < generation;
  }

  /** It tells whether the worker may still read an older generation. */
  isBehind(generation: number): boolean {
    return this.#held.some((other) => other < generation);
  }
}
