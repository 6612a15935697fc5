/**
 * How many sockets to origins this thread may have open, and how many it has. The bound is what the system's limit of
 * descriptors leaves beside the clients (workers/descriptor-budget.ts): at that limit Node accepts connections and closes
 * them without a word, so it is never reached. An idle connection makes room for a new one.
 */
export interface IdleConnections {
  /** Closes the one that has been idle longest. False: none is idle. */
  discardOldest(): boolean;
}

export class UpstreamRoom {
  most: number;
  #open = 0;
  readonly #idle: IdleConnections;

  constructor(most: number, idle: IdleConnections) {
    this.most = most;
    this.#idle = idle;
  }

  get open(): number {
    return this.#open;
  }

  /** Whether one more may be opened; where only idle connections are in the way, one of them goes. */
  hasRoom(): boolean {
    return this.#open < this.most || this.#idle.discardOldest();
  }

  opened(): void {
    this.#open += 1;
  }

  closed(): void {
    this.#open -= 1;
  }
}
