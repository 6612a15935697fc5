/**
 * Whose turn it is to have a head read, or written for its origin. The kernel hands over all connections that have sent
 * something in one go, and a client may have hundreds: of its heads that take long some milliseconds' worth are read in a turn
 * of the event loop, the others wait for the next ones, so that everybody else is served in between (requirement 60).
 *
 *   head ─┬─ its client has time left in this turn ─▶ read, the time it took is noted
 *         └─ it has none ─▶ waits ─▶ next turn, first come, first served
 *                └─ the client's other connections stop ─▶ later turns ─▶ they read again, a few at a time
 *
 * They have to stop because to read 64 KB takes time as well, about as much as to parse them, and no handler can end a turn.
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
/** Connections that read again in a turn. If they were more, most would be stopped again: their client's time would be used up. */
const UNREAD_IN_TURN = 8;

export class HeadTurns {
  /** Milliseconds in this turn, by client prefix; of those that had slow heads. */
  readonly #spent = new Map<string, number>();
  #waiting: (() => void)[] = [];
  /** Whose bytes have not been read. */
  readonly #unread: (() => void)[] = [];
  /** Clients whose connections have stopped in this turn. */
  readonly #stopped = new Set<string>();
  #isTurnNoted = false;

  mustWait({ prefix }: Client): boolean {
    return this.#spent.size > 0 && (this.#spent.get(prefix) ?? 0) >= TURN_MS;
  }

  /** Calls back once, in a later turn. */
  wait(read: () => void): void {
    this.#waiting.push(read);
    this.#noteTurn();
  }

  /** The same, for those of whom nothing has been read yet: some in a turn in which nobody waits with a head, else one. */
  waitUnread(readOn: () => void): void {
    this.#unread.push(readOn);
    this.#noteTurn();
  }

  /** True once in a turn: the connections of this client have to stop. */
  stops({ prefix }: Client): boolean {
    if (this.#stopped.has(prefix)) return false;
    this.#stopped.add(prefix);
    return true;
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
    setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    this.#isTurnNoted = false;
    this.#spent.clear();
    this.#stopped.clear();
    // Nearly always, where connections are new: a few heads are slow, and nobody's are too many.
    if (this.#waiting.length + this.#unread.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    const until = performance.now() + TURN_MS;
    let read = 0;
    for (; read < waiting.length && performance.now() < until; read++) waiting[read]?.();
    // Before those that have begun to wait meanwhile.
    this.#waiting = waiting.slice(read).concat(this.#waiting);
    // One in any case: heads that come without end must not keep all others from being read.
    const some = this.#waiting.length === 0 ? UNREAD_IN_TURN : 1;
    for (const readOn of this.#unread.splice(0, some)) readOn();
    if (this.#waiting.length + this.#unread.length > 0) this.#noteTurn();
  };
}
