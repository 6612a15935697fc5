/**
 * A connection that is a tunnel: whoever was asked has switched to it, or nothing in it is to be judged.
 *
 *   client ◀──── bytes both ways (forward/tunnel.ts) ────▶ origin
 *
 * It must not read what goes through.
 */
import type { ClientPort } from '../forward/client-port.ts';
import { Tunnel, type TunnelTimes } from '../forward/tunnel.ts';
import type { UpstreamConnection, UpstreamUser } from '../forward/upstream-connection.ts';
import { DROPPED } from '../observe/counters.ts';
import type { ConnectionPart } from './connection-part.ts';
import type { WorkerContext } from './worker-context.ts';

export class TunnelSession implements ConnectionPart {
  readonly #context: WorkerContext;
  readonly #port: ClientPort;
  readonly #tunnel: Tunnel;

  constructor(context: WorkerContext, port: ClientPort, upstream: UpstreamConnection, times: TunnelTimes) {
    this.#context = context;
    this.#port = port;
    this.#tunnel = new Tunnel(context, port, upstream, times);
  }

  /**
   * @param early what the client has sent already
   * @param hasEnded the client sends no more
   */
  begin(early: Buffer, hasEnded: boolean): void {
    this.#port.resumeReads();
    if (early.length > 0) this.#tunnel.clientBytes(early);
    if (hasEnded) this.#tunnel.clientEnd();
  }

  tellClient(): void {
    this.#tunnel.tellClient();
  }

  clientBytes(bytes: Buffer): void {
    this.#tunnel.clientBytes(bytes);
  }

  clientEnd(): void {
    this.#tunnel.clientEnd();
  }

  clientClosed(hadError: boolean): void {
    this.#tunnel.clientClosed(hadError);
  }

  deadline(): void {
    this.#context.counters.dropped(DROPPED.idle_timeout);
    // What is cut short must not look complete, on either side (requirement 15).
    if (!this.isUnderWay) return this.#port.close();
    this.#tunnel.clientClosed(!this.isSent);
    this.#port.reset();
  }

  /** Of the origin's connection. */
  get user(): UpstreamUser {
    return this.#tunnel;
  }

  get isUnderWay(): boolean {
    return this.#port.unsent > 0 || this.#tunnel.unsent > 0;
  }

  get isSent(): boolean {
    return this.#tunnel.isSent;
  }

  tick(): void {
    // Nothing is kept.
  }

  holdBack(): void {
    // No head comes here.
  }

  drain(): void {
    // A tunnel goes on as long as the thread may.
  }
}
