/**
 * Where upstream sockets read into. All of them share one buffer: what a read brought is copied out, or written on, before
 * the next read. A connection whose reads fill it (a large body) gets one of its own for as long as that lasts, and then
 * nothing is copied: it does not read on before the client has taken what was read. How many have one is bounded: readers
 * that stand still keep theirs.
 */
const SHARED_BYTES = 64 * 1024;
const OWN_BYTES = 256 * 1024;
/** Own buffers kept for the next large body. */
const KEPT = 8;
/** Own buffers in use, 256 MiB of them: the next large bodies are copied from the shared one. */
export const MAX_OWN_BUFFERS = 1024;

export class ReadBuffers {
  readonly shared = Buffer.allocUnsafeSlow(SHARED_BYTES);
  readonly #free: Buffer[] = [];
  #inUse = 0;

  /** Own buffers that are read into or written from. */
  get inUse(): number {
    return this.#inUse;
  }

  /** @returns null if too many are in use */
  takeOwn(): Buffer | null {
    if (this.#inUse >= MAX_OWN_BUFFERS) return null;
    this.#inUse++;
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(OWN_BYTES);
  }

  /** An own buffer is not read into any more, and nothing refers to it: another one may have it. */
  giveBack(buffer: Buffer): void {
    this.#inUse--;
    if (this.#free.length < KEPT) this.#free.push(buffer);
  }

  /** An own buffer is lost: what referred to it is gone, and nobody knows whether it was read. */
  drop(): void {
    this.#inUse--;
  }
}
