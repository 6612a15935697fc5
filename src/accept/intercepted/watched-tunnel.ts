/**
 * A tunnel whose client has not ended its first line: what is no HTTP so far may become a request to a server that takes any
 * bytes for a method (requirement 76). Such a line does not reach its end; behind it the tunnel goes on by itself. In TLS the client may
 * say hello again, and must name then whom it has named before.
 *
 *   client ──▶ first line (wire/first-line.ts) ──┬─ goes on ─────────────────────────▶ tunnel
 *              second hello (second-hello.ts) ───┼─ have ended ──────────────────────▶ tunnel, which takes the connection over
 *                                                └─ a request, a hello for another ──▶ reset, both ways
 *
 * It must not change a byte.
 */
import type { ClientPort } from '../../forward/client-port.ts';
import { VERDICT } from '../../observe/counters.ts';
import { FirstLine, LINE } from '../../wire/first-line.ts';
import { AGAIN, type SecondHello } from '../../wire/second-hello.ts';
import type { ConnectionHost, ConnectionPart } from '../connection-part.ts';
import type { TunnelSession } from '../tunnel-session.ts';
import type { WorkerContext } from '../worker-context.ts';

export interface WatchedParts {
  readonly context: WorkerContext;
  readonly host: ConnectionHost;
  readonly port: ClientPort;
  readonly isTls: boolean;
  /** Null: no second hello can come. */
  readonly second: SecondHello | null;
}

export class WatchedTunnel implements ConnectionPart {
  readonly #context: WorkerContext;
  readonly #host: ConnectionHost;
  readonly #port: ClientPort;
  readonly #tunnel: TunnelSession;
  readonly #line: FirstLine;
  readonly #second: SecondHello | null;
  #isOver = false;

  /** `isTls`: it begins with a ClientHello. */
  constructor({ context, host, port, isTls, second }: WatchedParts, tunnel: TunnelSession) {
    this.#line = new FirstLine(isTls);
    this.#second = second;
    this.#context = context;
    this.#host = host;
    this.#port = port;
    this.#tunnel = tunnel;
  }

  /** `early`: all that the client has sent. */
  begin(early: Buffer, hasEnded: boolean): void {
    if (this.#mayGo(early)) this.#tunnel.begin(early, hasEnded);
  }

  clientBytes(bytes: Buffer): void {
    if (!this.#isOver && this.#mayGo(bytes)) this.#tunnel.clientBytes(bytes);
  }

  clientEnd(): void {
    if (!this.#isOver) this.#tunnel.clientEnd();
  }

  clientClosed(hadError: boolean): void {
    if (!this.#isOver) this.#tunnel.clientClosed(hadError);
  }

  deadline(): void {
    this.#tunnel.deadline();
  }

  get isUnderWay(): boolean {
    return !this.#isOver && this.#tunnel.isUnderWay;
  }

  get isSent(): boolean {
    return this.#tunnel.isSent;
  }

  tick(): void {
    this.#tunnel.tick();
  }

  holdBack(): void {
    this.#tunnel.holdBack();
  }

  drain(): void {
    this.#tunnel.drain();
  }

  #mayGo(bytes: Buffer): boolean {
    const line = this.#line.read(bytes, 0, bytes.length);
    const again = this.#second?.read(bytes) ?? AGAIN.over;
    if (line === LINE.request || again === AGAIN.other) {
      this.#end();
      return false;
    }
    if (line === LINE.over && again === AGAIN.over) this.#host.become(this.#tunnel);
    return true;
  }

  /** The origin has part of a line or of a hello, and answers nothing to that. */
  #end(): void {
    this.#isOver = true;
    this.#context.counters.request(this.#host.listener.slot, VERDICT.refuse);
    this.#tunnel.clientClosed(true);
    this.#port.reset();
  }
}
