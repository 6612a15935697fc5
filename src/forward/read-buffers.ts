/**
 * Where upstream sockets read into. All of them share one buffer: what a read brought is copied out, or written on, before
 * the next read. A connection whose reads fill it (a large body) gets one of its own for as long as that lasts, and then
 * nothing is copied: it does not read on before the client has taken what was read.
 */
const SHARED_BYTES = 64 * 1024;
const OWN_BYTES = 256 * 1024;
/** Own buffers kept for the next large body. */
const KEPT = 8;

export class ReadBuffers {
  readonly shared = Buffer.allocUnsafeSlow(SHARED_BYTES);
  readonly #free: Buffer[] = [];

  takeOwn(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(OWN_BYTES);
  }

  /** Only a buffer that no pending write refers to may come back. */
  giveBack(buffer: Buffer): void {
    if (this.#free.length < KEPT) this.#free.push(buffer);
  }
}
