/**
 * The shared buffers that lists lie in, used again and again. A buffer has two kinds of holders: the lists, which read or
 * build in it, and generations, which are made of it. One that nobody holds is free for the next list.
 *
 *   fresh ──lease──▶ with the lists ──hold──▶ with the lists and a generation ──release, releaseGeneration──▶ free ──lease──▶ …
 *                        └──────── release (refused, unchanged) ─────────────────────────────────▶ free
 *
 * Fresh buffers for each swap leak (measured: ADR 0004), so a new one
 * is made only where none fits, with headroom, which bounds their number by the logarithm of the growth. Why not
 * growable ones: ADR 0004. What is free takes no memory where its pages can be given back. It must not decide
 * when a generation is let go: whoever knows the workers does.
 */
import { CleanfeedError } from '../lib/errors.ts';

/** A list that grows by half fits without a new buffer; pages that nothing was written to take no memory. */
const HEADROOM = 1.5;
/** A list takes no buffer this many times as large as it needs, which is another list's spare, while there may be more. */
const MAX_SLACK = 4;
/** A small list that grows while it is written needs no new buffer. */
const SMALLEST = 64 * 1024;
const PAGE = 4096;

/** This gives the memory of free buffers back (gradual-discard.ts). */
export interface Discards {
  readonly add: (buffer: SharedArrayBuffer) => void;
  /** It is to be written to again. */
  readonly remove: (buffer: SharedArrayBuffer) => void;
}

export class SharedBuffers {
  readonly #discards: Discards;
  readonly #leased = new Set<SharedArrayBuffer>();
  readonly #generations = new Map<number, ReadonlySet<SharedArrayBuffer>>();
  /** There are at most as many as are held: a spare for each list. The one that has been free for longest comes first. */
  #free: readonly SharedArrayBuffer[] = [];

  constructor(discards: Discards) {
    this.#discards = discards;
  }

  /** The bytes of all buffers, resident or not. */
  get byteLength(): number {
    return [...this.#held(), ...this.#free].reduce((sum, buffer) => sum + buffer.byteLength, 0);
  }

  /** Generations that hold buffers. */
  get generations(): readonly number[] {
    return [...this.#generations.keys()];
  }

  /** A list is being read or built: no generation is made of it yet. */
  get isFilling(): boolean {
    const generations = [...this.#generations.values()];
    return [...this.#leased].some((buffer) => generations.every((made) => !made.has(buffer)));
  }

  /** @returns the start of a buffer that nobody else holds, for the lists, with anything in it. */
  lease(byteLength: number): Uint8Array<SharedArrayBuffer> {
    const buffer = this.#spare(byteLength) ?? fresh(byteLength);
    this.#leased.add(buffer);
    return new Uint8Array(buffer, 0, byteLength);
  }

  /** The lists need it no more. */
  release({ buffer }: Uint8Array): void {
    if (buffer instanceof SharedArrayBuffer && this.#leased.delete(buffer)) this.#freeUnheld([buffer]);
  }

  /** A generation is made of these, all of them leased. */
  hold(generation: number, images: readonly { readonly bytes: Uint8Array }[]): void {
    this.#generations.set(
      generation,
      new Set(
        images.map(({ bytes: { buffer } }) => {
          if (buffer instanceof SharedArrayBuffer && this.#leased.has(buffer)) return buffer;
          throw new CleanfeedError('internal', 'memory_not_leased', 'a segment does not lie in memory of the lists');
        }),
      ),
    );
  }

  /** Nobody reads that generation any more. */
  releaseGeneration(generation: number): void {
    const buffers = this.#generations.get(generation) ?? [];
    this.#generations.delete(generation);
    this.#freeUnheld(buffers);
  }

  /**
   * It takes a free one.
   * @returns null if none fits; then one that has become too small has made way for another.
   */
  #spare(byteLength: number): SharedArrayBuffer | null {
    const isFull = this.#free.length >= this.#mostFree();
    const bySize = [...this.#free].sort((a, b) => a.byteLength - b.byteLength);
    const found = bySize.find((buffer) => buffer.byteLength >= byteLength);
    const fits = found !== undefined && (isFull || found.byteLength <= Math.max(SMALLEST, byteLength) * MAX_SLACK);
    const taken = fits ? found : isFull ? bySize.at(-1) : undefined;
    this.#free = this.#free.filter((buffer) => buffer !== taken);
    if (taken !== undefined) this.#discards.remove(taken);
    return fits ? found : null;
  }

  #freeUnheld(buffers: Iterable<SharedArrayBuffer>): void {
    const held = this.#held();
    const freed = [...buffers].filter((buffer) => !held.has(buffer));
    for (const buffer of freed) this.#discards.add(buffer);
    this.#free = [...this.#free, ...freed].slice(-this.#mostFree());
  }

  #mostFree(): number {
    return Math.max(1, this.#held().size);
  }

  #held(): ReadonlySet<SharedArrayBuffer> {
    const held = new Set(this.#leased);
    for (const buffers of this.#generations.values()) for (const buffer of buffers) held.add(buffer);
    return held;
  }
}

function fresh(byteLength: number): SharedArrayBuffer {
  return new SharedArrayBuffer(Math.ceil((Math.max(SMALLEST, byteLength) * HEADROOM) / PAGE) * PAGE);
}
