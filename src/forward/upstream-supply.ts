/**
 * Where the exchanges of one client get their upstream connections from, and where they leave them.
 *
 *   take ──▶ kept for this client, or idle on the listener's route      at once
 *   connect ─▶ route ─▶ its client's turn ─▶ upstreamReady              later
 *   leave ─▶ the route's (anybody's), or kept (carried a body, bound, names its client)
 *
 * It must not send anything.
 */
import type { Origin } from '../match/host-facts.ts';
import type { Host } from './downstream.ts';
import { ClientUpstream } from './client-upstream.ts';
import { FAILURE, type ForwardFailure } from './connector.ts';
import type { ForwardContext } from './context.ts';
import type { UpstreamConnection } from './upstream-connection.ts';

/** Who waits for a connection. Told exactly once after `connect`, never from inside it, unless it is cancelled. */
export interface UpstreamTaker {
  /** The connection is usable, and it is the client's turn. */
  upstreamReady(upstream: UpstreamConnection): void;
  upstreamFailed(failure: ForwardFailure): void;
}

export class UpstreamSupply {
  readonly #context: ForwardContext;
  readonly #host: Host;
  readonly #taker: UpstreamTaker;
  /** What this client's connection keeps for itself between two requests. */
  readonly #own: ClientUpstream;
  #cancel: (() => void) | null = null;

  constructor(context: ForwardContext, host: Host, taker: UpstreamTaker) {
    this.#context = context;
    this.#host = host;
    this.#taker = taker;
    this.#own = new ClientUpstream(context.kept);
  }

  /** @returns null if there is none: one has to be made */
  take(destination: Origin, hasPathEntries: boolean): UpstreamConnection | null {
    return (
      this.#own.take(destination.key, hasPathEntries, this.#idleAfter) ?? this.#host.listener.route.take(destination)
    );
  }

  /** The route has deadlines of its own, and always calls back. */
  connect(destination: Origin): void {
    this.#cancel = this.#host.listener.route.connect(destination, this.#host, (failure, upstream) => {
      this.#cancel = null;
      if (failure !== null) this.#taker.upstreamFailed(failure);
      else if (upstream !== null) this.#handOver(upstream);
    });
  }

  cancel(): void {
    const cancel = this.#cancel;
    this.#cancel = null;
    cancel?.();
  }

  /** Nobody uses it any more. `keepAlive`: the client's connection stays. */
  leave(upstream: UpstreamConnection, keepAlive: boolean): void {
    const { now } = this.#context.clock;
    if (upstream.isShareable) this.#host.listener.route.keep(upstream, now);
    else if (keepAlive) this.#own.keep(upstream, now);
    else upstream.destroy();
  }

  /** Closes what has been kept for too long. */
  sweep(): void {
    const { clock, config } = this.#context;
    this.#own.sweep(this.#idleAfter, clock.now - config.upstream.pool.idleTimeoutMs);
  }

  close(): void {
    this.cancel();
    this.#own.close();
  }

  /** Hundreds of connections may be made in one go, for as many long heads of one client. */
  #handOver(upstream: UpstreamConnection): void {
    const { turns, clock } = this.#context;
    const { client } = this.#host;
    if (turns.mustWait(client)) return this.#waitForTurn(upstream);
    if (!upstream.usable) {
      upstream.destroy();
      return this.#taker.upstreamFailed(FAILURE.reset);
    }
    const beganAt = clock.precise();
    this.#taker.upstreamReady(upstream);
    turns.took(client, clock.precise() - beganAt);
  }

  #waitForTurn(upstream: UpstreamConnection): void {
    let isCancelled = false;
    this.#cancel = () => {
      isCancelled = true;
      upstream.destroy();
    };
    this.#context.turns.wait(() => {
      if (isCancelled) return;
      this.#cancel = null;
      this.#handOver(upstream);
    });
  }

  /** Coarse time before which a connection that has carried a body must not have become idle. */
  get #idleAfter(): number {
    return this.#context.clock.now - this.#context.config.upstream.pool.idleTimeoutAfterBodyMs;
  }
}
