/**
 * A connection that is a tunnel, or waits to be one: after CONNECT, or once an origin has switched protocols.
 *
 *   connect ─▶ dial ─┬─ failed: a local response, then Closing
 *                    └─ 200 ─▶ open ─▶ bytes both ways (forward/tunnel.ts)
 *
 * What the client sends before the tunnel is open waits, bounded. It must not read it: it was meant for the origin.
 */
import type { ClientPort } from '../forward/client-port.ts';
import type { ForwardFailure } from '../forward/connector.ts';
import { Tunnel } from '../forward/tunnel.ts';
import type { UpstreamConnection } from '../forward/upstream-connection.ts';
import type { Origin } from '../match/host-facts.ts';
import { DROPPED, VERDICT } from '../observe/counters.ts';
import { ClientInput } from './http/client-input.ts';
import { Closing } from './closing.ts';
import type { ConnectionHost, ConnectionPart } from './connection-part.ts';
import type { RequestCount } from './http/request-count.ts';
import type { WorkerContext } from './worker-context.ts';

const ESTABLISHED = Buffer.from('HTTP/1.1 200 Connection established\r\n\r\n');

export class TunnelSession implements ConnectionPart {
  readonly #context: WorkerContext;
  readonly #host: ConnectionHost;
  readonly #port: ClientPort;
  readonly #count: RequestCount;
  /** What came before the tunnel was open. */
  readonly #early = new ClientInput();
  #tunnel: Tunnel | null = null;
  #cancelConnect: (() => void) | null = null;
  #hasEnded = false;

  /** `count`: of the request that asked for the tunnel. */
  constructor(context: WorkerContext, host: ConnectionHost, port: ClientPort, count: RequestCount) {
    this.#context = context;
    this.#host = host;
    this.#port = port;
    this.#count = count;
  }

  /**
   * CONNECT has been let through.
   * @param early bytes behind its head
   * @param hasEnded the client sends no more: its head has waited for its turn
   */
  connect(destination: Origin, early: Buffer, hasEnded: boolean): void {
    this.#hasEnded = hasEnded;
    this.#add(early);
    // The route has its own, and always calls back.
    this.#port.deadlineAt(Infinity);
    this.#cancelConnect = this.#host.listener.route.connect(destination, this.#host.client, (failure, upstream) => {
      this.#cancelConnect = null;
      if (failure !== null) return this.#fail(failure);
      this.#count.begun();
      this.#port.write(ESTABLISHED);
      if (upstream !== null)
        this.open(upstream, this.#context.config.timeouts.tunnelFirstByte, this.#early.takeAll(), this.#hasEnded);
    });
  }

  /**
   * Bytes both ways from now on.
   * @param firstMs to the first byte in either direction
   * @param early what the client has sent already
   * @param hasEnded the client sends no more
   */
  open(upstream: UpstreamConnection, firstMs: number, early: Buffer, hasEnded: boolean): void {
    const tunnel = new Tunnel(this.#context, this.#port, upstream, firstMs);
    this.#tunnel = tunnel;
    this.#early.clear();
    this.#port.resumeReads();
    if (early.length > 0) tunnel.clientBytes(early);
    if (hasEnded) tunnel.clientEnd();
  }

  clientBytes(bytes: Buffer): void {
    if (this.#tunnel === null) this.#add(bytes);
    else this.#tunnel.clientBytes(bytes);
  }

  clientEnd(): void {
    this.#hasEnded = true;
    if (this.#tunnel !== null) this.#tunnel.clientEnd();
    // It has gone, unless it is known to half-close.
    else if (this.#context.config.clients.abortOnFin) this.#port.close();
  }

  clientClosed(hadError: boolean): void {
    this.#count.abandoned();
    this.#cancelConnect?.();
    this.#tunnel?.clientClosed(hadError);
    this.#early.clear();
  }

  deadline(): void {
    this.#context.counters.dropped(DROPPED.idle_timeout);
    // What is cut short must not look complete (requirement 15).
    if (this.#port.unsent > 0) this.#port.reset();
    else this.#port.close();
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

  #add(bytes: Buffer): void {
    if (bytes.length > 0) this.#early.add(bytes);
    if (this.#early.length > this.#context.config.limits.pipelineBytes) this.#port.pauseReads();
  }

  /** What follows a CONNECT is never read as a request: the answer is the last. */
  #fail({ response, counter }: ForwardFailure): void {
    const { counters, responses } = this.#context;
    counters.upstreamError(counter);
    this.#count.count(response === 'destination_denied' ? VERDICT.refuse : VERDICT.error);
    this.#port.write(responses.response(response, { head: false, close: true }));
    const closing = new Closing(this.#context, this.#port);
    this.#host.become(closing);
    closing.begin(this.#hasEnded ? 0 : this.#early.takeAll().length, false);
  }
}
