/**
 * The beginning of a connection to an origin, until its first bytes say what is spoken on it. None of the client's bytes go on
 * before that. A client that is silent for a while may wait for the origin to speak first (mail, SSH): then the way from the
 * origin to the client is opened, and no other.
 *
 *   client ─▶ held ─▶ TLS │ HTTP │ neither ─▶ the session of it, with all that was held
 *   client ◀─ origin, once the client has been silent for `timeouts.silence`
 *
 * Nobody is named by a client that is silent, and by what is neither HTTP nor TLS: the host of the origin's side is judged before
 * its origin hears of it (judge-unnamed.ts). Nothing that it has held is lost.
 */
import type { ClientPort, FlushWaiter } from '../../forward/client-port.ts';
import type { UpstreamConnection, UpstreamUser } from '../../forward/upstream-connection.ts';
import { DROPPED, VERDICT } from '../../observe/counters.ts';
import type { Verdict } from '../../policy/verdict.ts';
import { FIRST, firstBytes } from '../../wire/first-bytes.ts';
import type { ConnectionHost, ConnectionPart } from '../connection-part.ts';
import { ClientInput } from '../http/client-input.ts';
import type { WorkerContext } from '../worker-context.ts';
import { ClientGate } from './client-gate.ts';
import { EarlyDial } from './early-dial.ts';
import { judgeUnnamed } from './judge-unnamed.ts';
import { OpaqueSession } from './opaque-session.ts';
import type { Arrival, BegunArrival, OriginSide } from './origin-side.ts';
import { RawHttpSession } from './raw-http-session.ts';
import { TlsSession } from './tls-session.ts';

/** Milliseconds that a client may still begin to speak when the thread is to end. */
const LAST_BYTES_MS = 1000;

export class FirstBytes implements ConnectionPart, UpstreamUser, FlushWaiter {
  readonly #context: WorkerContext;
  readonly #host: ConnectionHost;
  readonly #port: ClientPort;
  #originSide: OriginSide;
  readonly #held = new ClientInput();
  #hasEnded = false;
  #upstream: UpstreamConnection | null = null;
  #dial: EarlyDial | null = null;
  /** From the origin to the client. */
  #isWayOpen = false;
  #hasOriginSpoken = false;
  #hasOriginEnded = false;
  /** Its host has passed, for all that names nobody: a hit counts once. */
  #hasPassed = false;
  /** An origin has agreed to something before. */
  #isSwitched = false;
  /** Its client is held up by the brake. */
  #isWaiting = false;
  /** Coarse time. */
  #beganAt = 0;
  /** Coarse time of the first byte that is held. */
  #spokeAt = 0;
  /** The origin is gone, or cannot be reached: the connection is about to end. */
  #isOver = false;

  constructor(context: WorkerContext, host: ConnectionHost, port: ClientPort, originSide: OriginSide) {
    this.#context = context;
    this.#host = host;
    this.#port = port;
    this.#originSide = originSide;
  }

  begin({ bytes, hasEnded, upstream }: Arrival): void {
    this.#hasEnded = hasEnded;
    this.#upstream = upstream;
    if (upstream !== null) {
      upstream.user = this;
      upstream.pause();
    }
    this.#beganAt = this.#context.clock.now;
    this.#port.deadlineAt(this.#beganAt + this.#context.config.timeouts.silence);
    this.#port.resumeReads();
    this.#spokeAt = this.#beganAt;
    if (bytes.length > 0) this.#held.add(bytes);
    this.#look();
  }

  /** In the same connection something new begins: an origin has answered a CONNECT. */
  again(arrival: Arrival, originSide: OriginSide): void {
    this.#originSide = originSide;
    this.#isWayOpen = this.#hasOriginSpoken = this.#hasPassed = false;
    this.#isSwitched = true;
    this.#host.become(this);
    this.begin(arrival);
  }

  // ── Events of the client ──

  clientBytes(bytes: Buffer): void {
    if (this.#isOver) return;
    const isFirst = this.#held.empty;
    if (isFirst) this.#spokeAt = this.#context.clock.now;
    this.#held.add(bytes);
    // Before that its silence is still under way.
    if (isFirst && this.#isWayOpen) this.#waitFor(this.#context.config.timeouts.header);
    this.#look();
    // Few: what they are is known by MAX_UNDECIDED bytes (wire/first-bytes.ts).
    this.#held.keep();
  }

  clientEnd(): void {
    this.#hasEnded = true;
    if (!this.#isOver) this.#look();
  }

  clientClosed(hadError: boolean): void {
    this.#isOver = true;
    this.#dial?.cancel();
    if (hadError) this.#upstream?.reset();
    else this.#upstream?.destroy();
    this.#held.clear();
  }

  deadline(): void {
    if (this.#context.state.closed && this.#isUntouched) return this.#lastLook();
    if (!this.#isWayOpen) return this.#isHeldUp() ? undefined : this.#openWay();
    this.#context.counters.dropped(this.#held.empty ? DROPPED.idle_timeout : DROPPED.header_timeout);
    // What is cut short must not look complete (requirement 15).
    if (this.#port.unsent > 0) this.#port.reset();
    else this.#port.close();
  }

  tick(): void {
    // Nothing is kept.
  }

  holdBack(): void {
    // No head is read here.
  }

  /** Whoever is about to speak has a moment left; where the origin waits for an answer it is a tunnel. */
  drain(): void {
    if (this.#isUntouched) this.#waitFor(LAST_BYTES_MS);
  }

  /** What the origin has said may wait to be read: it is a tunnel then. */
  #lastLook(): void {
    if (this.#isWayOpen || this.#upstream === null) return this.#port.close();
    this.#openWay();
    // A moment to be read in, not as long as an origin may take to speak.
    this.#waitFor(LAST_BYTES_MS);
  }

  /** Nothing has come from either side: a connection that is opened in advance. */
  get #isUntouched(): boolean {
    return this.#held.empty && !this.#hasOriginSpoken;
  }

  // ── The way from the origin, and from there only ──

  #openWay(): void {
    const { timeouts } = this.#context.config;
    this.#isWayOpen = true;
    if (this.#held.empty) this.#port.deadlineAt(this.#beganAt + timeouts.tunnelFirstByte);
    else this.#port.deadlineAt(this.#spokeAt + timeouts.header);
    // No server of TLS speaks first.
    if (this.#originSide.tlsOnly) return;
    // Who has begun to speak may be about to name another host.
    if (this.#held.empty ? !this.#mayPass() : !this.#passes(this.#judge())) return;
    if (this.#upstream !== null) this.#upstream.resume();
    else this.#connect();
  }

  #connect(): void {
    const destination = this.#originSide.destination(null);
    // Nobody has said where to: it waits for whoever speaks.
    if (destination === null) return;
    const connect: OriginSide['connect'] = (to, done) => this.#originSide.connect(to, done);
    this.#dial = new EarlyDial(connect, destination, (failure, upstream) => {
      this.#dial = null;
      if (failure !== null) {
        this.#context.counters.upstreamError(failure.counter);
        return this.#end();
      }
      this.#upstream = upstream;
      if (upstream !== null) upstream.user = this;
    });
  }

  onUpstreamData(buffer: Buffer, length: number): void {
    const upstream = this.#upstream;
    if (upstream === null) return;
    this.#hasOriginSpoken = true;
    this.#moved();
    this.#port.relay(upstream, buffer, 0, length);
    this.#port.hold(upstream, length, this);
  }

  outputFlushed(): void {
    this.#moved();
  }

  /** Who waits for its client to answer waits as long as a tunnel may. */
  #moved(): void {
    if (this.#held.empty) this.#waitFor(this.#context.config.timeouts.tunnelIdle);
  }

  onUpstreamEnd(): void {
    this.#hasOriginEnded = true;
    this.#port.end(false, null);
  }

  onUpstreamClosed(code: string | null): void {
    this.#isOver = true;
    this.#port.release();
    this.#upstream?.detachBuffer(this.#port);
    this.#upstream = null;
    if (code === null) this.#port.endAndClose();
    else this.#port.reset();
  }

  onUpstreamDrained(): void {
    // Nothing is sent from here.
  }

  // ── What is spoken ──

  #look(): void {
    if (this.#isWaiting) return;
    const { bytes, pos, empty } = this.#held;
    if (empty) return this.#hasEnded && this.#mayPass() ? this.#tunnel() : undefined;
    const kind = firstBytes(bytes, pos, bytes.length);
    // Neither an answer nor a page of ours can come any more.
    if (this.#hasOriginEnded && (kind === FIRST.tls || kind === FIRST.http)) return this.#end();
    switch (kind) {
      case FIRST.more:
        return this.#hasEnded ? this.#end() : undefined;
      case FIRST.tls: {
        const next = new TlsSession(this.#context, this.#host, this.#port, this.#originSide);
        return next.begin(this.#leave(next));
      }
      case FIRST.http:
        return this.#originSide.tlsOnly ? this.#refuse() : this.#http();
      case FIRST.other:
        return this.#notHttp();
    }
  }

  #http(): void {
    const [context, host, port, isSwitched] = [this.#context, this.#host, this.#port, this.#isSwitched];
    const session = new RawHttpSession({ context, host, port, isSwitched, first: this }, this.#originSide);
    session.begin(this.#leave(session));
  }

  #notHttp(): void {
    // It is counted once, when it is judged.
    if (!this.#hasPassed && this.#isHeldUp()) return;
    this.#context.counters.notHttp(this.#host.listener.slot);
    if (this.#originSide.tlsOnly) this.#refuse();
    else if (this.#originSide.notHttpAt(this.#originSide.port) === 'refuse') this.#end();
    else if (this.#mayPass()) this.#tunnel();
  }

  /** @returns false where it does not: then it has ended, as if nobody were there, or its client waits. */
  #mayPass(): boolean {
    if (this.#hasPassed) return true;
    if (this.#isHeldUp()) return false;
    const { brake, clock, counters } = this.#context;
    const verdict = this.#judge();
    if (this.#passes(verdict)) return true;
    if (verdict.action === 'block') brake.hit(this.#host.client, verdict, clock.now);
    counters.request(this.#host.listener.slot, VERDICT[verdict.action]);
    this.#end();
    return false;
  }

  /** Whoever was refused many entries waits, whatever it asks for (requirement 52); HTTP and TLS wait in the sessions of theirs. */
  #isHeldUp(): boolean {
    const { brake, clock, config } = this.#context;
    if (!this.#isWaiting && brake.holds(this.#host.client)) {
      this.#isWaiting = true;
      this.#port.pauseReads();
      this.#port.deadlineAt(Infinity);
      brake.wait(this.#host.client, () => {
        this.#isWaiting = false;
        if (this.#isOver) return;
        // Its silence begins anew, and the time of what it has begun to say.
        this.#beganAt = clock.now;
        this.#spokeAt = clock.now;
        this.#waitFor(config.timeouts.silence);
        this.#port.resumeReads();
        this.#look();
      });
    }
    return this.#isWaiting;
  }

  #judge(): Verdict {
    return judgeUnnamed(this.#context.verdicts, this.#host, this.#originSide);
  }

  #passes({ action }: Verdict): boolean {
    this.#hasPassed = action !== 'block' && action !== 'refuse';
    return this.#hasPassed;
  }

  #refuse(): void {
    this.#context.counters.request(this.#host.listener.slot, VERDICT.refuse);
    this.#end();
  }

  /** Where it has to be TLS, a client that has ended without a word hears nothing either. */
  #tunnel(): void {
    if (this.#originSide.tlsOnly) return this.#port.close();
    const [context, host, port, originSide] = [this.#context, this.#host, this.#port, this.#originSide];
    const gate = new ClientGate({ context, host, originSide });
    const next = new OpaqueSession({ context, host, port, gate }, originSide);
    const arrival = this.#leave(next);
    next.begin(arrival, arrival.upstream === null ? this.#originSide.destination(null) : null);
  }

  /** Hands the connection over, and the way to the origin, however far it has come. */
  #leave(next: ConnectionPart): BegunArrival {
    const [upstream, dial] = [this.#upstream, this.#dial];
    this.#dial = null;
    this.#port.release();
    upstream?.resume();
    this.#host.become(next);
    const bytes = this.#held.takeAll();
    this.#held.clear();
    return { bytes, hasEnded: this.#hasEnded, upstream, dial, spentMs: this.#context.clock.now - this.#spokeAt };
  }

  /** As if nobody were there. */
  #end(): void {
    this.#isOver = true;
    this.#dial?.cancel();
    this.#upstream?.reset();
    this.#port.reset();
  }

  #waitFor(milliseconds: number): void {
    this.#port.deadlineAt(this.#context.clock.now + milliseconds);
  }
}
