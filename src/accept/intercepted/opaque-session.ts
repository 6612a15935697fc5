/**
 * The very bytes, both ways, of what is not HTTP, and of TLS to a host that has passed.
 *
 *   begin ─┬─ the origin is there ──────────────────▶ GatedTunnel
 *          └─ dial ─┬─ it answers ──────────────────▶ GatedTunnel
 *                   └─ it does not: the client is reset, as without us (requirement 33)
 *
 * What the gate lets go before that waits, bounded. It must not judge.
 */
import type { ClientPort } from '../../forward/client-port.ts';
import type { ConnectDone } from '../../forward/connector.ts';
import type { UpstreamConnection } from '../../forward/upstream-connection.ts';
import type { Origin } from '../../match/host-facts.ts';
import type { ConnectionPart } from '../connection-part.ts';
import { ClientInput } from '../http/client-input.ts';
import type { WorkerContext } from '../worker-context.ts';
import type { EarlyDial } from './early-dial.ts';
import { GatedTunnel, type GatedParts } from './gated-tunnel.ts';
import type { Arrival, OriginSide } from './origin-side.ts';

export class OpaqueSession implements ConnectionPart {
  readonly #parts: GatedParts;
  readonly #context: WorkerContext;
  readonly #port: ClientPort;
  readonly #originSide: OriginSide;
  readonly #early = new ClientInput();
  #hasEnded = false;
  /** Something in it may not go on. */
  #isOver = false;
  #cancelConnect: (() => void) | null = null;

  constructor(parts: GatedParts, originSide: OriginSide) {
    this.#parts = parts;
    this.#context = parts.context;
    this.#port = parts.port;
    this.#originSide = originSide;
  }

  /** `destination`: where an origin is dialled if none is there; null: nowhere. */
  begin({ bytes, hasEnded, upstream, dial }: Arrival, destination: Origin | null): void {
    this.#hasEnded = hasEnded;
    this.#add(bytes);
    if (this.#isOver || (upstream === null && destination === null)) {
      dial?.cancel();
      upstream?.reset();
      return this.#port.reset();
    }
    if (upstream !== null) this.#open(upstream);
    else if (destination !== null) this.#connect(destination, dial);
  }

  #connect(destination: Origin, dial: EarlyDial | null | undefined): void {
    const done: ConnectDone = (failure, connected) => {
      this.#cancelConnect = null;
      if (failure !== null) {
        this.#context.counters.upstreamError(failure.counter);
        this.#port.reset();
      } else if (connected !== null) this.#open(connected);
    };
    // The route has its own, and always calls back.
    this.#port.deadlineAt(Infinity);
    this.#cancelConnect = dial?.take(destination, done) ?? this.#originSide.connect(destination, done);
  }

  #open(upstream: UpstreamConnection): void {
    const tunnel = new GatedTunnel(this.#parts, upstream);
    this.#parts.host.become(tunnel);
    tunnel.begin(this.#early.takeAll(), this.#hasEnded);
  }

  clientBytes(bytes: Buffer): void {
    if (this.#isOver) return;
    this.#add(bytes);
    if (!this.#isOver) return;
    this.#cancelConnect?.();
    this.#port.reset();
  }

  clientEnd(): void {
    this.#hasEnded = true;
  }

  clientClosed(): void {
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
    const passed = this.#parts.gate.take(bytes);
    this.#isOver = passed === null;
    if (passed !== null && passed.length > 0) this.#early.add(passed);
    this.#early.keep();
    if (this.#early.length > this.#context.config.limits.pipelineBytes) this.#port.pauseReads();
  }
}
