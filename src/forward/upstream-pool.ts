/**
 * Idle upstream connections of one thread by origin, newest first (it is the least likely to be closed by the origin
 * just now), bounded per origin and in all; the oldest make room.
 *
 *   byOrigin: key ─▶ [c, c, c]           for take()
 *   oldest ⇄ … ⇄ newest                  for the bound and for sweep()
 */
import type { UpstreamConnection } from './upstream-connection.ts';

export interface PoolLimits {
  readonly perOrigin: number;
  readonly total: number;
  readonly idleMs: number;
}

export class UpstreamPool {
  #limits: PoolLimits;
  readonly #byOrigin = new Map<string, UpstreamConnection[]>();
  #oldest: UpstreamConnection | null = null;
  #newest: UpstreamConnection | null = null;
  #size = 0;

  constructor(limits: PoolLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#size;
  }

  /** From now on these limits; what is idle beyond them goes as it comes up. */
  limit(limits: PoolLimits): void {
    this.#limits = limits;
  }

  /** An idle connection to the origin, or null. */
  take(key: string): UpstreamConnection | null {
    const idle = this.#byOrigin.get(key);
    if (idle === undefined) return null;
    const connection = idle.pop();
    if (connection === undefined) return null;
    if (idle.length === 0) this.#byOrigin.delete(key);
    this.#unlink(connection);
    if (!connection.usable) {
      connection.destroy();
      return this.take(key);
    }
    return connection;
  }

  /** Takes a connection to rest; closes it where there is no room or it is not usable. */
  put(connection: UpstreamConnection, now: number): void {
    connection.user = null;
    let idle = this.#byOrigin.get(connection.key);
    if (!connection.usable || this.#limits.total === 0 || (idle?.length ?? 0) >= this.#limits.perOrigin) {
      connection.destroy();
      return;
    }
    if (idle === undefined) this.#byOrigin.set(connection.key, (idle = []));
    idle.push(connection);
    connection.reused = true;
    connection.idleSince = now;
    connection.onIdleGone = this.#gone;
    this.#link(connection);
    if (this.#size > this.#limits.total && this.#oldest !== null) this.#discard(this.#oldest);
  }

  /** Closes what has been idle too long. `now`: coarse clock. */
  sweep(now: number): void {
    while (this.#oldest !== null && now - this.#oldest.idleSince >= this.#limits.idleMs) this.#discard(this.#oldest);
  }

  closeAll(): void {
    while (this.#oldest !== null) this.#discard(this.#oldest);
  }

  #discard(connection: UpstreamConnection): void {
    this.#gone(connection);
    connection.destroy();
  }

  /** The connection closed, or is about to, while it was idle. */
  readonly #gone = (connection: UpstreamConnection): void => {
    const idle = this.#byOrigin.get(connection.key);
    const index = idle === undefined ? -1 : idle.indexOf(connection);
    if (idle === undefined || index < 0) return;
    idle.splice(index, 1);
    if (idle.length === 0) this.#byOrigin.delete(connection.key);
    this.#unlink(connection);
  };

  #link(connection: UpstreamConnection): void {
    connection.older = this.#newest;
    connection.newer = null;
    if (this.#newest === null) this.#oldest = connection;
    else this.#newest.newer = connection;
    this.#newest = connection;
    this.#size++;
  }

  #unlink(connection: UpstreamConnection): void {
    if (connection.older === null) this.#oldest = connection.newer;
    else connection.older.newer = connection.newer;
    if (connection.newer === null) this.#newest = connection.older;
    else connection.newer.older = connection.older;
    connection.older = connection.newer = null;
    connection.onIdleGone = null;
    this.#size--;
  }
}
