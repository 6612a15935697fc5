/**
 * Bytes both ways between a client and an origin, whoever has opened the way: CONNECT, or an origin that has switched
 * protocols. Half-close is carried both ways, so is a reset; back-pressure holds either side while the other is slow.
 *
 *   clientBytes ─▶ upstream          onUpstreamData ─▶ port
 *   clientEnd   ─▶ FIN               onUpstreamEnd  ─▶ FIN
 *   reset       ─▶ RST               reset          ─▶ RST
 *
 * It must not look at the bytes.
 */
import { exactBehind } from '../lib/exact-bytes.ts';
import { DIRECTION } from '../observe/counters.ts';
import type { ClientPort, FlushWaiter } from './client-port.ts';
import type { ForwardContext } from './context.ts';
import type { UpstreamConnection, UpstreamUser } from './upstream-connection.ts';

export interface TunnelTimes {
  /** Milliseconds to the first byte in either direction. */
  readonly firstMs: number;
  /** Who is told by when a byte has to move; left out: the client's port. */
  readonly told?: Pick<ClientPort, 'deadlineAt'>;
}

export class Tunnel implements UpstreamUser, FlushWaiter {
  readonly #context: ForwardContext;
  readonly #client: ClientPort;
  readonly #upstream: UpstreamConnection;
  #told: Pick<ClientPort, 'deadlineAt'>;
  #hasEnded = false;

  constructor(context: ForwardContext, client: ClientPort, upstream: UpstreamConnection, times: TunnelTimes) {
    this.#context = context;
    this.#client = client;
    this.#upstream = upstream;
    this.#told = times.told ?? client;
    upstream.user = this;
    this.#told.deadlineAt(context.clock.now + times.firstMs);
  }

  /** Whoever was told until now is forgotten: a tunnel lives for hours. */
  tellClient(): void {
    this.#told = this.#client;
  }

  clientBytes(bytes: Buffer): void {
    this.#moved();
    const upstream = this.#upstream;
    this.#context.counters.bytes(DIRECTION.upstream_out, bytes.length);
    upstream.write(exactBehind(upstream, bytes), 0, bytes.length);
    if (!upstream.isCongested) return;
    this.#client.pauseReads();
    upstream.awaitDrain();
  }

  /** The client has finished sending. */
  clientEnd(): void {
    this.#hasEnded = true;
    this.#upstream.end();
  }

  /** Bytes of the client that the origin's side has not taken. */
  get unsent(): number {
    return this.#upstream.unsent;
  }

  /** The client has finished sending, and the origin's system has all of it. */
  get isSent(): boolean {
    return this.#hasEnded && this.unsent === 0;
  }

  /** Where both have ended, the origin may not have taken the last bytes yet: they still go to it. */
  clientClosed(hadError: boolean): void {
    if (hadError) this.#upstream.reset();
    else if (this.unsent > 0) this.#context.lastUploads.finish(this.#upstream);
    else this.#upstream.destroy();
  }

  onUpstreamData(buffer: Buffer, length: number): void {
    this.#moved();
    this.#client.relay(this.#upstream, buffer, 0, length);
    this.#client.hold(this.#upstream, length, this);
  }

  onUpstreamDrained(): void {
    this.#client.resumeReads();
  }

  outputFlushed(): void {
    this.#moved();
  }

  onUpstreamEnd(): void {
    this.#client.end(false, null);
  }

  onUpstreamClosed(code: string | null): void {
    this.#client.release();
    this.#upstream.detachBuffer(this.#client);
    if (code === null) this.#client.endAndClose();
    else this.#client.reset();
  }

  /** A byte has to move in either direction before the next deadline (RFC 5382: at least two hours and four minutes). */
  #moved(): void {
    this.#told.deadlineAt(this.#context.clock.now + this.#context.config.timeouts.tunnelIdle);
  }
}
