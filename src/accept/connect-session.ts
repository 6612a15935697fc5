/**
 * A CONNECT that has been let through, until its origin answers.
 *
 *   connect ─▶ dial ─┬─ failed: a local response, then Closing
 *                    └─ 200 ─▶ FirstBytes: what is spoken in there?
 *
 * What the client sends before that waits, bounded. It must not read it: it was meant for the origin.
 */
import type { ClientPort } from '../forward/client-port.ts';
import type { ForwardFailure } from '../forward/connector.ts';
import type { UpstreamConnection } from '../forward/upstream-connection.ts';
import type { Origin } from '../match/host-facts.ts';
import { VERDICT } from '../observe/counters.ts';
import { Closing } from './closing.ts';
import type { ConnectionHost, ConnectionPart } from './connection-part.ts';
import { ClientInput } from './http/client-input.ts';
import type { RequestCount } from './http/request-count.ts';
import type { RequestTrace } from './http/request-trace.ts';
import { ConnectOriginSide } from './intercepted/connect-origin-side.ts';
import { FirstBytes } from './intercepted/first-bytes.ts';
import type { WorkerContext } from './worker-context.ts';

const ESTABLISHED = Buffer.from('HTTP/1.1 200 Connection established\r\n\r\n');

export class ConnectSession implements ConnectionPart {
  readonly #context: WorkerContext;
  readonly #host: ConnectionHost;
  readonly #port: ClientPort;
  readonly #count: RequestCount;
  readonly #trace: RequestTrace | null;
  readonly #early = new ClientInput();
  #cancelConnect: (() => void) | null = null;
  #hasEnded = false;

  /** @param count of the request. @param trace of it; null: it is not traced. */
  constructor(
    context: WorkerContext,
    host: ConnectionHost,
    port: ClientPort,
    count: RequestCount,
    trace: RequestTrace | null = null,
  ) {
    this.#context = context;
    this.#host = host;
    this.#port = port;
    this.#count = count;
    this.#trace = trace;
  }

  /**
   * @param early bytes behind the head
   * @param hasEnded the client sends no more: its head has waited for its turn
   */
  connect(destination: Origin, early: Buffer, hasEnded: boolean): void {
    this.#hasEnded = hasEnded;
    this.#add(early);
    // The route has its own, and always calls back.
    this.#port.deadlineAt(Infinity);
    this.#cancelConnect = this.#host.listener.route.connect(destination, this.#host, (failure, upstream) => {
      this.#cancelConnect = null;
      if (failure !== null) this.#fail(failure);
      else if (upstream !== null) this.#established(destination, upstream);
    });
  }

  #established(destination: Origin, upstream: UpstreamConnection): void {
    this.#count.begun();
    this.#write(ESTABLISHED);
    const originSide = new ConnectOriginSide(this.#context, this.#host, destination);
    const first = new FirstBytes(this.#context, this.#host, this.#port, originSide);
    this.#host.become(first);
    first.begin({ bytes: this.#early.takeAll(), hasEnded: this.#hasEnded, upstream });
  }

  clientBytes(bytes: Buffer): void {
    this.#add(bytes);
  }

  clientEnd(): void {
    this.#hasEnded = true;
    // It has gone, unless it is known to half-close.
    if (this.#context.config.clients.abortOnFin) this.#port.close();
  }

  clientClosed(): void {
    this.#count.abandoned();
    this.#cancelConnect?.();
    this.#early.clear();
  }

  deadline(): void {
    // The route's.
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
    this.#early.keep();
    if (this.#early.length > this.#context.config.limits.pipelineBytes) this.#port.pauseReads();
  }

  #write(response: Buffer): void {
    this.#port.write(this.#trace === null ? response : this.#trace.in(response));
  }

  /** What follows a CONNECT is never read as a request: the answer is the last. */
  #fail({ response, counter }: ForwardFailure): void {
    const { counters, responses } = this.#context;
    counters.upstreamError(counter);
    this.#trace?.responded(response);
    this.#count.count(response === 'destination_denied' ? VERDICT.refuse : VERDICT.error);
    this.#write(responses.response(response, { head: false, close: true }));
    const closing = new Closing(this.#context, this.#port);
    this.#host.become(closing);
    closing.begin(this.#hasEnded ? 0 : this.#early.takeAll().length, false);
  }
}
