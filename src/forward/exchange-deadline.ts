/**
 * By when something has to happen in an exchange: one deadline at a time, told to the client's port.
 * It must not set a timer: the port has the one of the connection.
 */
import type { ClientPort } from './client-port.ts';
import type { ForwardContext } from './context.ts';

export class ExchangeDeadline {
  readonly #context: ForwardContext;
  readonly #port: ClientPort;
  readonly #isIntercepted: boolean;
  /** Bytes of the request's body since its time began anew. */
  #progress = 0;
  /** Coarse time. */
  #at = Infinity;

  /**
   * @param isIntercepted client and origin do not know of us, and one of them may be more patient than we are (a long poll, a stream of
   *     events): answers have as long as a tunnel
   */
  constructor(context: ForwardContext, port: ClientPort, isIntercepted = false) {
    this.#context = context;
    this.#port = port;
    this.#isIntercepted = isIntercepted;
  }

  /** A connection is made: the route has deadlines of its own, and always calls back. */
  ofRoute(): void {
    this.#set(Infinity);
  }

  /** The request has gone out whole. */
  ofFirstByte(): void {
    const { firstByte, tunnelIdle } = this.#context.config.timeouts;
    this.#set(this.#context.clock.now + (this.#isIntercepted ? tunnelIdle : firstByte));
  }

  /** By then `limits.minBodyProgress` bytes must have come, or the rest of the body: one byte a minute is an attack (R-U-Dead-Yet). */
  ofRequestBody(): void {
    const { clock, config } = this.#context;
    this.#progress = 0;
    this.#set(clock.now + config.timeouts.body);
  }

  requestBytes(count: number): void {
    this.#progress += count;
    if (this.#progress >= this.#context.config.limits.minBodyProgress) this.ofRequestBody();
  }

  /** More of an answer. An interim one, or part of a head, does not shorten the wait for the final one. */
  ofAnswer(hasBegun: boolean): void {
    const { body, tunnelIdle } = this.#context.config.timeouts;
    const next = this.#context.clock.now + (this.#isIntercepted ? tunnelIdle : body);
    this.#set(hasBegun ? next : Math.max(this.#at, next));
  }

  #set(time: number): void {
    this.#at = time;
    this.#port.deadlineAt(time);
  }
}
