/**
 * Bytes both ways, once a CONNECT has been let through or the origin has switched protocols. Half-close is carried both
 * ways, so is a reset; back-pressure holds either side while the other is slow.
 */
import { DIRECTION } from '../observe/counters.ts';
import type { ClientPort, FlushWaiter } from './client-port.ts';
import type { ForwardContext } from './context.ts';
import type { UpstreamConnection, UpstreamUser } from './upstream-connection.ts';

export class Tunnel implements UpstreamUser, FlushWaiter {
  readonly #context: ForwardContext;
  readonly #client: ClientPort;
  readonly #upstream: UpstreamConnection;
  /** Coarse time by which a byte has to move in either direction (RFC 5382: at least two hours and four minutes). */
  deadline = 0;

  /** `firstMs`: to the first byte in either direction. */
  constructor(context: ForwardContext, client: ClientPort, upstream: UpstreamConnection, firstMs: number) {
    this.#context = context;
    this.#client = client;
    this.#upstream = upstream;
    upstream.user = this;
    this.deadline = context.clock.now + firstMs;
  }

  /** Bytes from the client. */
  send(buf: Buffer): void {
    this.#touch();
    const upstream = this.#upstream;
    this.#context.counters.bytes(DIRECTION.upstream_out, buf.length);
    upstream.write(buf, 0, buf.length);
    if (!upstream.isCongested) return;
    this.#client.pauseReads();
    upstream.awaitDrain();
  }

  /** The client has finished sending. */
  endFromClient(): void {
    this.#upstream.end();
  }

  /** The client is gone. */
  close(reset: boolean): void {
    if (reset) this.#upstream.reset();
    else this.#upstream.destroy();
  }

  onUpstreamData(buffer: Buffer, length: number): void {
    this.#touch();
    this.#client.relay(this.#upstream, buffer, 0, length);
    this.#client.hold(this.#upstream, length, this);
  }

  onUpstreamDrained(): void {
    this.#client.resumeReads();
  }

  outputFlushed(): void {
    this.#touch();
  }

  onUpstreamEnd(): void {
    this.#client.end(false, null);
  }

  onUpstreamClosed(code: string | null): void {
    this.#client.letGo();
    this.#upstream.detachBuffer(this.#client);
    if (code === null) this.#client.endAndClose();
    else this.#client.reset();
  }

  #touch(): void {
    this.deadline = this.#context.clock.now + this.#context.config.timeouts.tunnelIdle;
  }
}
