/**
 * The end of a connection whose last answer is written. A slow client gets the time to take what it was given. What it still
 * sends is thrown away, up to a bound and for a while, so that the answer is not lost to a reset (RFC 9112 §9.6). What is over the bound
 * is left unread until then: to close at once would take answers away that are still on their way.
 *
 *   begin ─▶ end ─▶ (all is taken) ─▶ linger ─▶ closed by the client, or by the deadline
 *
 * It must not answer anything any more.
 */
import type { ClientPort, EndWaiter } from '../forward/client-port.ts';
import { DROPPED } from '../observe/counters.ts';
import type { ConnectionPart } from './connection-part.ts';
import type { WorkerContext } from './worker-context.ts';

/** Milliseconds a client may go on sending after the last answer of its connection. */
const LINGER_MS = 2000;

export class Closing implements ConnectionPart, EndWaiter {
  readonly #context: WorkerContext;
  readonly #port: ClientPort;
  #discarded = 0;

  constructor(context: WorkerContext, port: ClientPort) {
    this.#context = context;
    this.#port = port;
  }

  /**
   * @param unread bytes that have come and that nobody takes
   * @param closeAtOnce the client has no more to say: closed as soon as the kernel has the whole answer; an end that is
   *   waited for costs more (bench/load, `connection`)
   */
  begin(unread: number, closeAtOnce: boolean): void {
    const { clock, config } = this.#context;
    this.#port.deadlineAt(clock.now + config.timeouts.body);
    this.#port.end(closeAtOnce && unread === 0, this);
    this.#port.resumeReads();
    if (unread > 0) this.#discard(unread);
  }

  clientBytes(bytes: Buffer): void {
    this.#discard(bytes.length);
  }

  #discard(bytes: number): void {
    this.#discarded += bytes;
    if (this.#discarded > this.#context.config.limits.lingerBytes) this.#port.pauseReads();
    this.#port.end(false, this);
  }

  outputEnded(): void {
    this.#port.deadlineAt(this.#context.clock.now + LINGER_MS);
  }

  deadline(): void {
    if (this.#port.unsent === 0) return this.#port.close();
    this.#context.counters.dropped(DROPPED.body_timeout);
    this.#port.reset();
  }

  clientEnd(): void {
    // The answer is on its way; Node closes when both sides have ended.
  }

  clientClosed(): void {
    // Nothing is held.
  }

  tick(): void {
    // Nothing is kept.
  }

  holdBack(): void {
    // No head comes here.
  }

  drain(): void {
    // It closes already.
  }
}
