/**
 * Whose turn it is to have a head read, or written for its origin. The kernel hands over all connections that have sent something in one go, and a
 * client may have hundreds: of its heads that take long some milliseconds' worth are read in a turn of the event loop, the
 * others wait for the next ones, so that everybody else is served in between (requirement 60).
 *
 *   head ─┬─ its client has time left in this turn ─▶ read, the time it took is noted
 *         └─ it has none ─▶ waits ─▶ next turn, first come, first served
 *
 * Heads that take as long as heads do cost one comparison.
 */
/** Whose connections count together. */
interface Client {
  readonly prefix: string;
}

/** Milliseconds a client's heads may take in one turn, and all that have waited. */
const TURN_MS = 2;
/** Below this a head is like any other, which takes a microsecond or two (bench/micro/request-head.ts). */
const SLOW_MS = 0.02;

export class HeadTurns {
  /** Milliseconds in this turn, by client prefix; of those that had slow heads. */
  readonly #spent = new Map<string, number>();
  #waiting: (() => void)[] = [];
  #isTurnNoted = false;

  mustWait({ prefix }: Client): boolean {
    return this.#spent.size > 0 && (this.#spent.get(prefix) ?? 0) >= TURN_MS;
  }

  /** Calls back once, in a later turn. */
  wait(read: () => void): void {
    this.#waiting.push(read);
    this.#noteTurn();
  }

  /** What a head took, from its bytes to where its fate is decided. */
  took({ prefix }: Client, ms: number): void {
    if (ms < SLOW_MS) return;
    this.#spent.set(prefix, (this.#spent.get(prefix) ?? 0) + ms);
    this.#noteTurn();
  }

  #noteTurn(): void {
    if (this.#isTurnNoted) return;
    this.#isTurnNoted = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#isTurnNoted = false;
    this.#spent.clear();
    const waiting = this.#waiting;
    this.#waiting = [];
    const until = performance.now() + TURN_MS;
    let read = 0;
    for (; read < waiting.length && performance.now() < until; read++) waiting[read]?.();
    // Before those that have begun to wait meanwhile.
    this.#waiting = waiting.slice(read).concat(this.#waiting);
    if (this.#waiting.length > 0) this.#noteTurn();
  }
}
