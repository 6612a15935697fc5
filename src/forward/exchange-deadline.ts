/** By when something has to happen in an exchange: one deadline at a time, told to the client's port. */
import type { ClientPort } from './client-port.ts';
import type { ForwardContext } from './context.ts';

export class ExchangeDeadline {
  readonly #context: ForwardContext;
  readonly #port: ClientPort;
  /** Bytes of the request's body since its time began anew. */
  #progress = 0;
  /** Coarse time. */
  #at = Infinity;

  constructor(context: ForwardContext, port: ClientPort) {
    this.#context = context;
    this.#port = port;
  }

  /** A connection is made: the route has deadlines of its own, and always calls back. */
  ofRoute(): void {
    this.#set(Infinity);
  }

  /** The request has gone out whole. */
  ofFirstByte(): void {
    this.#set(this.#context.clock.now + this.#context.config.timeouts.firstByte);
  }

  /** By then `limits.minBodyProgress` bytes must have come, or the rest of the body: one byte a minute is an attack (R-U-Dead-Yet). */
  ofRequestBody(): void {
    this.#progress = 0;
    this.#set(this.#next);
  }

  requestBytes(count: number): void {
    this.#progress += count;
    if (this.#progress >= this.#context.config.limits.minBodyProgress) this.ofRequestBody();
  }

  /** More of an answer. An interim one, or part of a head, does not shorten the wait for the final one. */
  ofAnswer(hasBegun: boolean): void {
    this.#set(hasBegun ? this.#next : Math.max(this.#at, this.#next));
  }

  get #next(): number {
    return this.#context.clock.now + this.#context.config.timeouts.body;
  }

  #set(time: number): void {
    this.#at = time;
    this.#port.deadlineAt(time);
  }
}
