/**
 * Idle upstream connections of one thread by route and origin, newest first (it is the least likely to be closed by the origin
 * just now), bounded per origin and in all; the oldest are closed for new ones. An origin may have more than its own for a second:
 * 1,000 clients at once leave that many idle for a moment, and to close and open them again is dear (measured: ADR 0001).
 *
 *   origins of a route: key ─▶ origin: newest ⇄ … ⇄ first       for take()
 *   oldest ⇄ … ⇄ newest of all routes                           for the bound and for sweep()
 *
 * An origin stays in the map as long as a connection of it is open, idle or not: to and fro costs no entry and no object.
 * It must not open a connection.
 */
import type { PooledOrigin, UpstreamConnection } from './upstream-connection.ts';

/** Milliseconds for which an origin's bound may be exceeded. */
const SURPLUS_MS = 1000;

export interface PoolLimits {
  /** 0: none is kept. */
  readonly maxIdlePerOrigin: number;
  readonly maxIdle: number;
  readonly idleTimeoutMs: number;
}

/** By key of the destination: where a route has connections. It belongs to the route; only the pool changes it. */
export type RouteOrigins = Map<string, PooledOrigin>;

export class UpstreamPool {
  #limits: PoolLimits;
  /** Those with an open connection, of all routes. */
  #origins = 0;
  #oldest: UpstreamConnection | null = null;
  #newest: UpstreamConnection | null = null;
  #size = 0;
  /** Those beyond the bounds of their origins. */
  #surplus = 0;

  constructor(limits: PoolLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#size;
  }

  /** Origins that are remembered. */
  get origins(): number {
    return this.#origins;
  }

  /** From now on these limits; what is idle beyond them goes as it comes up. */
  limit(limits: PoolLimits): void {
    this.#limits = limits;
    this.#surplus = 0;
    const origins = new Set<PooledOrigin>();
    for (let connection = this.#oldest; connection !== null; connection = connection.newer)
      if (connection.origin !== null) origins.add(connection.origin);
    for (const { idle } of origins) this.#surplus += Math.max(0, idle - limits.maxIdlePerOrigin);
  }

  /** An idle connection to the origin, or null. */
  take(origins: RouteOrigins, key: string): UpstreamConnection | null {
    const origin = origins.get(key);
    if (origin === undefined) return null;
    for (let connection = origin.top; connection !== null; connection = origin.top) {
      this.#unlink(connection, origin);
      if (connection.isReusable) return connection;
      connection.destroy();
    }
    return null;
  }

  /** Keeps a connection that has become idle; closes it if the pool is full or it may not be used again. */
  put(origins: RouteOrigins, connection: UpstreamConnection, now: number): void {
    connection.user = null;
    if (!connection.isReusable || this.#limits.maxIdle === 0 || this.#limits.maxIdlePerOrigin === 0)
      return connection.destroy();
    const origin = connection.origin ?? this.#enter(origins, connection);
    connection.reused = true;
    connection.idleSince = now;
    connection.onIdleGone = this.#gone;
    this.#link(connection, origin);
    if (this.#size > this.#limits.maxIdle && this.#oldest !== null) this.#discard(this.#oldest);
  }

  /** Closes what has been idle too long, or is one too many. `now`: coarse clock. */
  sweep(now: number): void {
    while (this.#oldest !== null && now - this.#oldest.idleSince >= this.#limits.idleTimeoutMs)
      this.#discard(this.#oldest);
    let connection = this.#oldest;
    while (this.#surplus > 0 && connection !== null && now - connection.idleSince >= SURPLUS_MS) {
      const next = connection.newer;
      if (connection.origin !== null && connection.origin.idle > this.#limits.maxIdlePerOrigin)
        this.#discard(connection);
      connection = next;
    }
  }

  /** Closes the one that has been idle longest. @returns false if none is idle. */
  discardOldest(): boolean {
    if (this.#oldest === null) return false;
    this.#discard(this.#oldest);
    return true;
  }

  closeAll(): void {
    while (this.#oldest !== null) this.#discard(this.#oldest);
  }

  /** Its first rest. */
  #enter(origins: RouteOrigins, connection: UpstreamConnection): PooledOrigin {
    let origin = origins.get(connection.key);
    if (origin === undefined) {
      origin = { of: origins, top: null, idle: 0, open: 0 };
      origins.set(connection.key, origin);
      this.#origins += 1;
    }
    origin.open++;
    connection.origin = origin;
    connection.onClosed = this.#closed;
    return origin;
  }

  readonly #closed = ({ key, origin }: UpstreamConnection): void => {
    if (origin === null || --origin.open > 0) return;
    origin.of.delete(key);
    this.#origins -= 1;
  };

  #discard(connection: UpstreamConnection): void {
    this.#gone(connection);
    connection.destroy();
  }

  /** An idle connection closed, or is about to. */
  readonly #gone = (connection: UpstreamConnection): void => {
    if (connection.origin !== null) this.#unlink(connection, connection.origin);
  };

  #link(connection: UpstreamConnection, origin: PooledOrigin): void {
    connection.older = this.#newest;
    connection.newer = null;
    if (this.#newest === null) this.#oldest = connection;
    else this.#newest.newer = connection;
    this.#newest = connection;
    connection.below = origin.top;
    if (origin.top !== null) origin.top.above = connection;
    origin.top = connection;
    this.#size++;
    if (++origin.idle > this.#limits.maxIdlePerOrigin) this.#surplus++;
  }

  #unlink(connection: UpstreamConnection, origin: PooledOrigin): void {
    if (connection.older === null) this.#oldest = connection.newer;
    else connection.older.newer = connection.newer;
    if (connection.newer === null) this.#newest = connection.older;
    else connection.newer.older = connection.older;
    if (connection.above === null) origin.top = connection.below;
    else connection.above.below = connection.below;
    if (connection.below !== null) connection.below.above = connection.above;
    connection.older = connection.newer = connection.below = connection.above = null;
    connection.onIdleGone = null;
    this.#size--;
    if (origin.idle-- > this.#limits.maxIdlePerOrigin) this.#surplus--;
  }
}
