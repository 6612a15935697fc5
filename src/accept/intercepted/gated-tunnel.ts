/**
 * A tunnel until its server has answered what has gone to it unread (requirement 81). Two gates, neither of which trusts the other:
 *
 *   client ──▶ ClientGate: lines, names, a second hello ──┬─ may go ────────────▶ server
 *                                                         └─ may not ───────────▶ reset, both ways
 *   client ◀──┬─ anything, as long as nothing has gone to it ───────────────────◀ server
 *             ├─ behind that: no HTTP ─▶ a tunnel for good, which takes the connection over
 *             └─ behind that: HTTP, which somebody has found in it ─▶ reset, both ways
 *
 * It must not change a byte, and keeps nobody waiting: a line of the client has `timeouts.header` from its first byte, as long as the client is
 * read, and what may be the beginning of an answer in HTTP goes on after `timeouts.silence`, with what follows still compared.
 */
import type { ClientPort } from '../../forward/client-port.ts';
import type { UpstreamConnection, UpstreamUser } from '../../forward/upstream-connection.ts';
import { DROPPED } from '../../observe/counters.ts';
import { ANSWER, AnswerGate } from '../../wire/answer-gate.ts';
import type { ConnectionHost, ConnectionPart } from '../connection-part.ts';
import { TunnelSession } from '../tunnel-session.ts';
import type { WorkerContext } from '../worker-context.ts';
import type { ClientGate } from './client-gate.ts';

export interface GatedParts {
  readonly context: WorkerContext;
  readonly host: ConnectionHost;
  readonly port: ClientPort;
  readonly gate: ClientGate;
}

export class GatedTunnel implements ConnectionPart, UpstreamUser {
  readonly #context: WorkerContext;
  readonly #host: ConnectionHost;
  readonly #port: ClientPort;
  readonly #gate: ClientGate;
  readonly #upstream: UpstreamConnection;
  readonly #tunnel: TunnelSession;
  readonly #answers: AnswerGate;
  /** Something has gone to the server. */
  #hasAsked = false;
  /** Coarse times, Infinity where there is none: by which a line that is held has to end, */
  #lineEndsBy = Infinity;
  /** by which the beginning of an answer goes on, */
  #answerGoesBy = Infinity;
  /** and by which a byte has to move. */
  #movesBy = Infinity;
  #isOver = false;

  constructor({ context, host, port, gate }: GatedParts, upstream: UpstreamConnection) {
    this.#context = context;
    this.#host = host;
    this.#port = port;
    this.#gate = gate;
    this.#upstream = upstream;
    this.#tunnel = new TunnelSession(context, port, upstream, {
      firstMs: context.config.timeouts.tunnelFirstByte,
      told: this,
    });
    upstream.user = this;
    this.#answers = new AnswerGate(gate.answers);
  }

  /** `early`: what the gate has let go of all that the client has sent. */
  begin(early: Buffer, hasEnded: boolean): void {
    this.#hasAsked = early.length > 0;
    this.#tunnel.begin(early, false);
    this.#awaitLine();
    if (hasEnded) this.clientEnd();
  }

  clientBytes(bytes: Buffer): void {
    if (this.#isOver) return;
    this.#pass(this.#gate.take(bytes));
    this.#leaveIfOver();
  }

  clientEnd(): void {
    if (this.#isOver) return;
    this.#pass(this.#gate.takeLast());
    if (!this.#isOver) this.#tunnel.clientEnd();
  }

  clientClosed(hadError: boolean): void {
    if (!this.#isOver) this.#tunnel.clientClosed(hadError);
  }

  deadline(now: number): void {
    if (now >= this.#lineEndsBy) {
      this.#context.counters.dropped(DROPPED.header_timeout);
      return this.#end();
    }
    if (now < this.#answerGoesBy) return this.#tunnel.deadline();
    this.#release();
  }

  /** The tunnel's own. */
  deadlineAt(time: number): void {
    this.#movesBy = time;
    this.#setDeadline();
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

  // ── Events of the server ──

  onUpstreamData(buffer: Buffer, length: number): void {
    if (!this.#hasAsked) return this.#tunnel.user.onUpstreamData(buffer, length);
    const state = this.#answers.read(buffer, length);
    if (state === ANSWER.more) return this.#awaitAnswer();
    if (state === ANSWER.found) return this.#found();
    this.#release();
    this.#tunnel.user.onUpstreamData(buffer, length);
    const held = this.#gate.answered();
    this.#lineEndsBy = Infinity;
    if (held.length > 0) this.#tunnel.clientBytes(held);
    this.#upstream.user = this.#tunnel.user;
    this.#leaveIfOver();
  }

  onUpstreamEnd(): void {
    this.#release();
    this.#tunnel.user.onUpstreamEnd();
  }

  onUpstreamClosed(code: string | null): void {
    this.#isOver = true;
    this.#lineEndsBy = Infinity;
    this.#release();
    this.#tunnel.user.onUpstreamClosed(code);
  }

  /** The client is read again. */
  onUpstreamDrained(): void {
    this.#tunnel.user.onUpstreamDrained();
    this.#awaitLine();
  }

  // ── What goes on ──

  #pass(bytes: Buffer | null): void {
    if (bytes === null) return this.#end();
    if (bytes.length > 0) {
      this.#hasAsked = true;
      // The line before has ended.
      this.#lineEndsBy = Infinity;
      this.#tunnel.clientBytes(bytes);
    }
    this.#awaitLine();
  }

  /** From its first byte: later ones do not move it. */
  #awaitLine(): void {
    const waits = this.#gate.holds && !this.#upstream.isCongested;
    if (waits === (this.#lineEndsBy !== Infinity)) return;
    this.#lineEndsBy = waits ? this.#context.clock.now + this.#context.config.timeouts.header : Infinity;
    this.#setDeadline();
  }

  #awaitAnswer(): void {
    if (this.#answerGoesBy !== Infinity) return;
    this.#answerGoesBy = this.#context.clock.now + this.#context.config.timeouts.silence;
    this.#setDeadline();
  }

  /** Of an answer, what was held. */
  #release(): void {
    this.#answerGoesBy = Infinity;
    const held = this.#answers.takeHeld();
    if (held.length > 0) this.#port.write(Buffer.from(held));
    this.#setDeadline();
  }

  #setDeadline(): void {
    this.#port.deadlineAt(Math.min(this.#lineEndsBy, this.#answerGoesBy, this.#movesBy));
  }

  #leaveIfOver(): void {
    if (this.#isOver || !this.#gate.isOver) return;
    this.#tunnel.tellClient();
    this.#host.become(this.#tunnel);
  }

  /** The server has taken for a request what was none to us. */
  #found(): void {
    this.#context.counters.notHttpAnswered(this.#host.listener.slot);
    this.#end();
  }

  #end(): void {
    this.#isOver = true;
    this.#tunnel.clientClosed(true);
    this.#port.reset();
  }
}
