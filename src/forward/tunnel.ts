/**
 * Bytes both ways, once a CONNECT has been let through or the origin has switched protocols. Half-close is carried both
 * ways, so is a reset; back-pressure holds either side while the other is slow.
 */
import type { Socket } from 'node:net';
import { DIRECTION } from '../observe/counters.ts';
import { ClientOutput, type OutputUser } from './client-output.ts';
import type { ForwardContext } from './context.ts';
import { reset } from './reset.ts';
import type { UpstreamConnection, UpstreamUser } from './upstream-connection.ts';

export class Tunnel implements UpstreamUser, OutputUser {
  readonly #context: ForwardContext;
  readonly #client: Socket;
  readonly #upstream: UpstreamConnection;
  readonly #output: ClientOutput;
  /** Coarse time by which a byte has to move in either direction (RFC 5382: at least two hours and four minutes). */
  deadline = 0;

  /** `firstMs`: to the first byte in either direction. */
  constructor(context: ForwardContext, client: Socket, upstream: UpstreamConnection, firstMs: number) {
    this.#context = context;
    this.#client = client;
    this.#upstream = upstream;
    this.#output = new ClientOutput(client, context.scratch, this);
    upstream.user = this;
    this.deadline = context.clock.now + firstMs;
  }

  /** Bytes from the client. */
  send(buf: Buffer): void {
    this.#touch();
    const socket = this.#upstream.socket;
    this.#context.counters.bytes(DIRECTION.upstream_out, buf.length);
    if (socket.write(buf)) return;
    this.#client.pause();
    socket.once('drain', () => this.#client.resume());
  }

  /** The client has finished sending. */
  endFromClient(): void {
    this.#upstream.socket.end();
  }

  /** The client is gone. */
  close(reset: boolean): void {
    if (reset) this.#upstream.reset();
    else this.#upstream.destroy();
  }

  onUpstreamData(buffer: Buffer, length: number): void {
    this.#touch();
    this.#context.counters.bytes(DIRECTION.client_out, length);
    this.#output.relay(this.#upstream, buffer, 0, length);
    this.#output.holdUntilFlushed(this.#upstream, length);
  }

  outputFlushed(): void {
    this.#touch();
  }

  onUpstreamEnd(): void {
    this.#client.end();
  }

  onUpstreamClosed(code: string | null): void {
    this.#output.letGo();
    this.#upstream.leaveTo(this.#client);
    if (code === null) this.#client.destroySoon();
    else reset(this.#client);
  }

  #touch(): void {
    this.deadline = this.#context.clock.now + this.#context.config.timeouts.tunnelIdle;
  }
}
