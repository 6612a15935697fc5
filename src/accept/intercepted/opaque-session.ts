/**
 * The very bytes, both ways, of a connection in which nothing more is to be judged: what is not HTTP, and TLS to a host that has
 * passed.
 *
 *   begin ─┬─ the origin is there ──────────────────▶ WatchedTunnel
 *          └─ dial ─┬─ it answers ──────────────────▶ WatchedTunnel
 *                   └─ it does not: the client is reset, as without us (requirement 33)
 *
 * What the client sends before that waits, bounded. It must not judge.
 */
import type { ClientPort } from '../../forward/client-port.ts';
import type { UpstreamConnection } from '../../forward/upstream-connection.ts';
import type { Origin } from '../../match/host-facts.ts';
import type { ConnectionPart } from '../connection-part.ts';
import { ClientInput } from '../http/client-input.ts';
import { TunnelSession } from '../tunnel-session.ts';
import type { WorkerContext } from '../worker-context.ts';
import type { Arrival, OriginSide } from './origin-side.ts';
import { WatchedTunnel, type WatchedParts } from './watched-tunnel.ts';

export class OpaqueSession implements ConnectionPart {
  readonly #parts: WatchedParts;
  readonly #context: WorkerContext;
  readonly #port: ClientPort;
  readonly #originSide: OriginSide;
  readonly #early = new ClientInput();
  #hasEnded = false;
  #cancelConnect: (() => void) | null = null;

  constructor(parts: WatchedParts, originSide: OriginSide) {
    this.#parts = parts;
    this.#context = parts.context;
    this.#port = parts.port;
    this.#originSide = originSide;
  }

  /** `destination`: where an origin is dialled if none is there; null: nowhere. */
  begin({ bytes, hasEnded, upstream }: Arrival, destination: Origin | null): void {
    this.#hasEnded = hasEnded;
    this.#add(bytes);
    if (upstream !== null) return this.#open(upstream);
    if (destination === null) return this.#port.reset();
    // The route has its own, and always calls back.
    this.#port.deadlineAt(Infinity);
    this.#cancelConnect = this.#originSide.connect(destination, (failure, connected) => {
      this.#cancelConnect = null;
      if (failure !== null) {
        this.#context.counters.upstreamError(failure.counter);
        this.#port.reset();
      } else if (connected !== null) this.#open(connected);
    });
  }

  #open(upstream: UpstreamConnection): void {
    const tunnel = new TunnelSession(
      this.#context,
      this.#port,
      upstream,
      this.#context.config.timeouts.tunnelFirstByte,
    );
    const watched = new WatchedTunnel(this.#parts, tunnel);
    this.#parts.host.become(watched);
    watched.begin(this.#early.takeAll(), this.#hasEnded);
  }

  clientBytes(bytes: Buffer): void {
    this.#add(bytes);
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
    if (bytes.length > 0) this.#early.add(bytes);
    this.#early.keep();
    if (this.#early.length > this.#context.config.limits.pipelineBytes) this.#port.pauseReads();
  }
}
