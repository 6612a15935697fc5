/**
 * The two shared buffers that snapshots alternate between: one is read by the workers, the other is filled.
 *
 * Fresh buffers for each swap leak (60 swaps of 40 MB with two workers: 2 GB resident, two recycled ones: 165 MB), so a
 * buffer is replaced only when it is too small, with headroom, which bounds replacements by the logarithm of the growth.
 * Why not growable ones: ADR 0004. It must not decide when a buffer is free: whoever calls `spare` knows.
 */

/** A list that grows by half fits without a new buffer. */
const HEADROOM = 1.5;
/** Whole pages, and no replacement while a small list is being written. */
const SMALLEST = 64 * 1024;
const PAGE = 4096;

export class SnapshotBuffers {
  #inForce: SharedArrayBuffer | null = null;
  #spare: SharedArrayBuffer | null = null;

  /**
   * The buffer to fill, of at least `byteLength` bytes. `mayReuse`: no worker can still read what was in it; otherwise a
   * fresh one is handed out and the old one lives as long as somebody holds it.
   */
  spare(byteLength: number, mayReuse: boolean): SharedArrayBuffer {
    if (this.#spare === null || !mayReuse || this.#spare.byteLength < byteLength) {
      this.#spare = new SharedArrayBuffer(Math.max(SMALLEST, Math.ceil((byteLength * HEADROOM) / PAGE) * PAGE));
    }
    return this.#spare;
  }

  /** The spare buffer is in force now; what was in force is the next spare. */
  flip(): void {
    [this.#inForce, this.#spare] = [this.#spare, this.#inForce];
  }

  /** Bytes of both. */
  get byteLength(): number {
    return (this.#inForce?.byteLength ?? 0) + (this.#spare?.byteLength ?? 0);
  }
}
