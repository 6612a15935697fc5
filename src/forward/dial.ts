/**
 * Opens one TCP connection to whichever of several addresses answers first (RFC 8305 §5, "Happy Eyeballs").
 *
 *   address 1 ──connect──────────────────✕ destroyed
 *        250 ms └─ address 2 ──connect──▶ wins, handed over without any listener of ours
 *                   250 ms └─ address 3 …
 *
 * Few at a time: a name with many addresses that do not answer must not take a descriptor for each. When as many are under way,
 * the oldest that has had its fair time gives way to the next address.
 *
 * It must not check addresses (destination-guard.ts did) and must not resolve names. With one address, the common case
 * of a new connection per request, it costs the overall timer, two listeners and nothing else.
 */
import type { Socket } from 'node:net';
import { errnoOf } from '../lib/errors.ts';

export interface DialRequest {
  /** IP address literals, best first; the order of resolver.ts. */
  readonly addresses: readonly string[];
  readonly port: number;
  /** Milliseconds for all attempts together. */
  readonly timeoutMs: number;
  /** Starts one connection; may throw, which counts as a failed attempt. */
  readonly open: (address: string, port: number) => Socket;
}

export interface DialFailure {
  readonly kind: 'refused' | 'timeout' | 'unreachable' | 'failed';
  /** errno name of the attempt that says most; `ETIMEDOUT` for the overall timeout, `ENOADDRESS` without any address. */
  readonly code: string;
}

export type DialDone = (failure: DialFailure | null, socket: Socket | null) => void;

/** RFC 8305 §5, "Connection Attempt Delay". */
const ATTEMPT_DELAY_MS = 250;
/** Attempts under way. */
const MAX_AT_ONCE = 3;
/** Milliseconds after which an attempt gives way: by then a lost SYN has been sent again (RFC 6298 §2: after a second). */
const FAIR_MS = 1500;

/**
 * Races the addresses and calls `done` exactly once, never from inside `dial` itself and never after the returned
 * function, which cancels, was called. `done` must give the socket an 'error' listener before it returns.
 */
export function dial(request: DialRequest, done: DialDone): () => void {
  const race = new Race(request, done);
  race.start();
  return race.cancel;
}

interface Attempt {
  readonly socket: Socket;
  /** `performance.now()` */
  readonly startedAt: number;
}

class Race {
  readonly #request: DialRequest;
  readonly #done: DialDone;
  /** Every attempt not yet known to have failed, oldest first. */
  readonly #attempts: Attempt[] = [];
  #next = 0;
  #finished = false;
  #failure: DialFailure | null = null;
  #overall: NodeJS.Timeout | null = null;
  #delay: NodeJS.Timeout | null = null;

  constructor(request: DialRequest, done: DialDone) {
    this.#request = request;
    this.#done = done;
  }

  start(): void {
    this.#overall = setTimeout(() => this.#late(), this.#request.timeoutMs);
    if (!this.#attempt()) process.nextTick(() => this.#failIfOver());
  }

  /** Not before what came while this thread stood still has been heard: timers go first. */
  #late(): void {
    setImmediate(() => this.#fail({ kind: 'timeout', code: 'ETIMEDOUT' }));
  }

  /** An arrow, so that it can be handed out without another closure. */
  readonly cancel = (): void => {
    this.#end(null);
  };

  /** Starts attempts until one is under way; false when no address is left. */
  #attempt(): boolean {
    const { addresses, port, open } = this.#request;
    for (let address = addresses[this.#next]; address !== undefined; address = addresses[this.#next]) {
      this.#next++;
      try {
        this.#watch(open(address, port));
      } catch (error) {
        this.#remember(error);
        continue;
      }
      this.#armDelay();
      return true;
    }
    this.#disarmDelay();
    return false;
  }

  #tryNext(): void {
    const [oldest] = this.#attempts;
    if (oldest === undefined || this.#attempts.length < MAX_AT_ONCE) this.#attempt();
    else if (performance.now() - oldest.startedAt < FAIR_MS) this.#delay?.refresh();
    else {
      this.#attempts.shift();
      oldest.socket.destroy();
      this.#attempt();
    }
  }

  /** The listeners stay on losers for good: an error already on its way would be thrown if nobody listened. */
  #watch(socket: Socket): void {
    const onError = (error: Error): void => this.#lost(socket, error);
    // Not `once`, which makes two objects more.
    const onConnect = (): void => {
      socket.removeListener('connect', onConnect);
      socket.removeListener('error', onError);
      this.#won(socket);
    };
    this.#attempts.push({ socket, startedAt: performance.now() });
    socket.on('connect', onConnect);
    socket.on('error', onError);
  }

  #won(socket: Socket): void {
    if (this.#finished) {
      ignoreErrors(socket).destroy();
      return;
    }
    this.#end(socket);
    this.#done(null, socket);
  }

  #lost(socket: Socket, error: Error): void {
    const index = this.#attempts.findIndex((attempt) => attempt.socket === socket);
    if (this.#finished || index === -1) return;
    this.#remember(error);
    this.#attempts.splice(index, 1);
    socket.destroy();
    if (!this.#attempt()) this.#failIfOver();
  }

  #failIfOver(): void {
    if (this.#attempts.length === 0) this.#fail(this.#failure ?? { kind: 'failed', code: 'ENOADDRESS' });
  }

  #fail(failure: DialFailure): void {
    if (this.#finished) return;
    this.#end(null);
    this.#done(failure, null);
  }

  /** A missing route (no IPv6 here) says less than what any other address said. */
  #remember(error: unknown): void {
    const failure = failureOf(error);
    if (this.#failure === null || failure.kind !== 'unreachable') this.#failure = failure;
  }

  /** Only while there is another address to go to. */
  #armDelay(): void {
    if (this.#next >= this.#request.addresses.length) this.#disarmDelay();
    else if (this.#delay === null) this.#delay = setTimeout(() => this.#tryNext(), ATTEMPT_DELAY_MS);
    else this.#delay.refresh();
  }

  #disarmDelay(): void {
    if (this.#delay !== null) clearTimeout(this.#delay);
    this.#delay = null;
  }

  #end(winner: Socket | null): void {
    if (this.#finished) return;
    this.#finished = true;
    if (this.#overall !== null) clearTimeout(this.#overall);
    this.#disarmDelay();
    for (let attempt = this.#attempts.pop(); attempt !== undefined; attempt = this.#attempts.pop())
      if (attempt.socket !== winner) attempt.socket.destroy();
  }
}

function ignoreErrors(socket: Socket): Socket {
  return socket.on('error', () => {});
}

const KINDS: ReadonlyMap<string, DialFailure['kind']> = new Map([
  ['ECONNREFUSED', 'refused'],
  ['ETIMEDOUT', 'timeout'],
  ['EHOSTUNREACH', 'unreachable'],
  ['ENETUNREACH', 'unreachable'],
  ['EHOSTDOWN', 'unreachable'],
  ['ENETDOWN', 'unreachable'],
  ['EAFNOSUPPORT', 'unreachable'],
]);

function failureOf(error: unknown): DialFailure {
  const code = errnoOf(error);
  return { kind: KINDS.get(code) ?? 'failed', code };
}
