/**
 * A TLS connection until its ClientHello is whole and judged. Nothing is decrypted, and nothing goes either way before: neither a byte
 * of the client to the origin, nor one of the origin to the client (requirement 28).
 *
 *   held ─▶ ClientHello ─▶ judge ─┬─ pass ───▶ OpaqueSession: the very bytes
 *                                 ├─ block ──▶ an alert, then Closing; or a reset (`tls.refusal`)
 *                                 └─ refuse ─▶ the same
 *            └─ malformed, too long, too late: closed
 *
 * It must not change a byte.
 */
import { tlsRefusal } from '../../block/tls-refusal.ts';
import type { ClientPort } from '../../forward/client-port.ts';
import type { UpstreamConnection, UpstreamUser } from '../../forward/upstream-connection.ts';
import { CLIENT_HELLO, DROPPED, VERDICT } from '../../observe/counters.ts';
import { ClientHello } from '../../wire/client-hello.ts';
import { NEED_MORE } from '../../wire/field-section.ts';
import { SecondHello } from '../../wire/second-hello.ts';
import { Closing } from '../closing.ts';
import type { ConnectionHost, ConnectionPart } from '../connection-part.ts';
import { ClientInput } from '../http/client-input.ts';
import type { WorkerContext } from '../worker-context.ts';
import { ClientGate } from './client-gate.ts';
import type { EarlyDial } from './early-dial.ts';
import { judgeHello, type HelloDecision } from './judge-hello.ts';
import { OpaqueSession } from './opaque-session.ts';
import type { BegunArrival, OriginSide } from './origin-side.ts';

/** Of the thread: nearly every hello comes in one piece. */
const WHOLE = new ClientHello();

export class TlsSession implements ConnectionPart, UpstreamUser {
  readonly #context: WorkerContext;
  readonly #host: ConnectionHost;
  readonly #port: ClientPort;
  readonly #originSide: OriginSide;
  readonly #held = new ClientInput();
  /** Of its own, where the hello comes in several pieces. */
  #split: ClientHello | null = null;
  #upstream: UpstreamConnection | null = null;
  #dial: EarlyDial | null = null;
  #hasEnded = false;
  /** Its client is held up by the brake. */
  #isWaiting = false;
  #isOver = false;

  constructor(context: WorkerContext, host: ConnectionHost, port: ClientPort, originSide: OriginSide) {
    this.#context = context;
    this.#host = host;
    this.#port = port;
    this.#originSide = originSide;
  }

  begin({ bytes, hasEnded, upstream, dial, spentMs }: BegunArrival): void {
    this.#hasEnded = hasEnded;
    if (upstream !== null) this.#adopt(upstream);
    this.#dial = dial ?? null;
    // One that fails is tried again when it is known that anybody may be reached.
    dial?.handTo((_failure, opened) => {
      this.#dial = null;
      if (opened !== null) this.#adopt(opened);
    });
    this.#port.deadlineAt(this.#context.clock.now + this.#context.config.timeouts.clientHello - spentMs);
    this.#port.resumeReads();
    this.#held.add(bytes);
    this.#look();
  }

  #adopt(upstream: UpstreamConnection): void {
    this.#upstream = upstream;
    upstream.user = this;
    upstream.pause();
  }

  // ── Events ──

  clientBytes(bytes: Buffer): void {
    if (this.#isOver) return;
    this.#held.add(bytes);
    this.#look();
  }

  clientEnd(): void {
    this.#hasEnded = true;
    this.#look();
  }

  clientClosed(hadError: boolean): void {
    this.#isOver = true;
    this.#dial?.cancel();
    if (hadError) this.#upstream?.reset();
    else this.#upstream?.destroy();
    this.#held.clear();
  }

  deadline(): void {
    this.#context.counters.dropped(DROPPED.header_timeout);
    this.#context.counters.clientHello(CLIENT_HELLO.malformed);
    this.#close();
  }

  tick(): void {
    // Nothing is kept.
  }

  holdBack(): void {
    // A hello costs less than the look at whose turn it is (bench/micro/client-hello.ts).
  }

  drain(): void {
    // It has begun: its tunnel goes on as long as the thread may.
  }

  onUpstreamData(): void {
    // It is not read. What came all the same would be lost.
    this.#isOver = true;
    this.#upstream?.reset();
    this.#port.reset();
  }

  onUpstreamDrained(): void {
    // Nothing is sent from here.
  }

  onUpstreamEnd(): void {
    this.#port.end(false, null);
  }

  onUpstreamClosed(code: string | null): void {
    this.#isOver = true;
    this.#upstream = null;
    if (code === null) this.#port.endAndClose();
    else this.#port.reset();
  }

  // ── The hello ──

  #look(): void {
    if (this.#isOver || this.#isWaiting) return;
    const { brake } = this.#context;
    if (brake.holds(this.#host.client)) return this.#wait();
    const hello = this.#split ?? WHOLE;
    const outcome = this.#parse(hello);
    if (outcome === NEED_MORE) this.#needMore();
    else if (outcome < 0) this.#malformed();
    else this.#act(this.#judge(hello), hello, outcome - this.#held.pos);
    WHOLE.forget();
  }

  #parse(hello: ClientHello): number {
    const { bytes, pos } = this.#held;
    if (hello !== this.#split) hello.begin(pos, this.#context.config.limits.clientHelloBytes);
    return hello.parse(bytes, bytes.length);
  }

  #needMore(): void {
    if (this.#hasEnded) return this.#malformed();
    this.#held.keep();
    if (this.#split !== null) return;
    const hello = new ClientHello();
    this.#parse(hello);
    this.#split = hello;
  }

  #judge(hello: ClientHello): HelloDecision {
    const { counters, verdicts } = this.#context;
    const { sni, none, ech } = CLIENT_HELLO;
    counters.clientHello(hello.hasEch ? ech : hello.nameCount > 0 ? sni : none);
    return judgeHello(verdicts, this.#host, this.#originSide, hello);
  }

  /** @param length bytes of the hello, with the headers of its records */
  #act(decision: HelloDecision, hello: ClientHello, length: number): void {
    const { counters, brake, clock } = this.#context;
    const { slot } = this.#host.listener;
    const { action, facts, verdict, counted } = decision;
    const destination = this.#upstream === null ? this.#originSide.destination(facts) : null;
    this.#isOver = true;
    if (action === 'block') brake.hit(this.#host.client, verdict, clock.now);
    if (action === 'pass' && (this.#upstream !== null || destination !== null)) {
      if (decision.isUnenforceable) counters.unenforceable(slot);
      if (counted !== null) counters.request(slot, counted);
      return this.#pass(destination, hello.hasVersions ? this.#secondHello(hello, length) : null);
    }
    // Nobody is named, and there is no address that it could go to.
    counters.request(slot, action === 'pass' ? VERDICT.refuse : (counted ?? VERDICT.refuse));
    this.#refuse(hello.version);
  }

  #secondHello(first: ClientHello, length: number): SecondHello {
    return new SecondHello(first, length, this.#context.config.limits.clientHelloBytes);
  }

  #pass(destination: ReturnType<OriginSide['destination']>, second: SecondHello | null): void {
    const [upstream, dial] = [this.#upstream, this.#dial];
    const [context, host, port, originSide] = [this.#context, this.#host, this.#port, this.#originSide];
    const gate = new ClientGate({ context, host, originSide }, second);
    const next = new OpaqueSession({ context, host, port, gate }, originSide);
    upstream?.resume();
    this.#host.become(next);
    next.begin({ bytes: this.#held.takeAll(), hasEnded: this.#hasEnded, upstream, dial }, destination);
  }

  /** The origin has heard nothing of it. */
  #refuse(version: number): void {
    this.#leaveOrigin();
    if (this.#context.config.tls.refusal === 'reset') return this.#port.reset();
    this.#port.write(tlsRefusal(version));
    const closing = new Closing(this.#context, this.#port);
    this.#host.become(closing);
    closing.begin(this.#hasEnded ? 0 : this.#held.takeAll().length, false);
  }

  #malformed(): void {
    this.#context.counters.clientHello(CLIENT_HELLO.malformed);
    this.#context.counters.request(this.#host.listener.slot, VERDICT.refuse);
    this.#close();
  }

  #close(): void {
    this.#isOver = true;
    this.#leaveOrigin();
    this.#port.close();
  }

  #leaveOrigin(): void {
    this.#dial?.cancel();
    this.#upstream?.destroy();
  }

  /** Whoever was refused many entries waits, whatever it asks for (requirement 52). */
  #wait(): void {
    this.#isWaiting = true;
    this.#port.pauseReads();
    this.#port.deadlineAt(Infinity);
    this.#context.brake.wait(this.#host.client, () => {
      if (this.#isOver) return;
      this.#isWaiting = false;
      this.#port.deadlineAt(this.#context.clock.now + this.#context.config.timeouts.clientHello);
      this.#port.resumeReads();
      this.#look();
    });
  }
}
