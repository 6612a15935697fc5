/**
 * Numbers of slots in the order in which they were added, the oldest first, of which any may be removed: two columns and no objects, so that nothing
 * is allocated for one. It must not know what a slot holds.
 */
export const NO_SLOT = -1;

export class SlotRing {
  /** Its last place is the head: it comes before the oldest and after the newest. */
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  readonly #head: number;

  constructor(capacity: number) {
    this.#head = capacity;
    this.#next = new Int32Array(capacity + 1).fill(capacity);
    this.#previous = new Int32Array(capacity + 1).fill(capacity);
  }

  /** -1: there is none. */
  get oldest(): number {
    return this.after(this.#head);
  }

  /** @param slot that is in it. @returns the one that was added next after it; -1: none. */
  after(slot: number): number {
    const next = this.#next[slot] ?? this.#head;
    return next === this.#head ? NO_SLOT : next;
  }

  /** @param slot that is not in it. */
  add(slot: number): void {
    const newest = this.#previous[this.#head] ?? this.#head;
    this.#next[newest] = slot;
    this.#previous[slot] = newest;
    this.#next[slot] = this.#head;
    this.#previous[this.#head] = slot;
  }

  /** @param slot that is in it. */
  remove(slot: number): void {
    const next = this.#next[slot] ?? this.#head;
    const previous = this.#previous[slot] ?? this.#head;
    this.#next[previous] = next;
    this.#previous[next] = previous;
  }
}
