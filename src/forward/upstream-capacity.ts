/**
 * How many sockets to origins this thread may have open, and how many it has; and by which way they go. The bound is what the system's limit of
 * descriptors leaves beside the clients (workers/descriptor-budget.ts): at that limit Node accepts connections and closes
 * them without a word, so it is never reached. An idle connection makes way for a new one. It must not open one itself.
 */
export interface IdleConnections {
  /** Closes the one that has been idle longest. @returns false if none is idle. */
  discardOldest(): boolean;
}

export class UpstreamCapacity {
  max: number;
  /** Another one: what was opened before went another way than what is opened now, and carries no further request. */
  way = 0;
  #open = 0;
  readonly #idle: IdleConnections;

  constructor(max: number, idle: IdleConnections) {
    this.max = max;
    this.#idle = idle;
  }

  get open(): number {
    return this.#open;
  }

  /** @returns whether one more may be opened; if only idle connections are in the way, one of them is closed. */
  canOpen(): boolean {
    return this.#open < this.max || this.#idle.discardOldest();
  }

  opened(): void {
    this.#open += 1;
  }

  closed(): void {
    this.#open -= 1;
  }
}
