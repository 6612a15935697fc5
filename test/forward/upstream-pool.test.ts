import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { UpstreamConnection } from '../../src/forward/upstream-connection.ts';
import { UpstreamPool, type RouteOrigins } from '../../src/forward/upstream-pool.ts';

/** What the pool sees of a connection, and its close, which comes later as a socket's does. */
class FakeConnection implements Pick<
  UpstreamConnection,
  | 'key'
  | 'user'
  | 'reused'
  | 'older'
  | 'newer'
  | 'above'
  | 'below'
  | 'idleSince'
  | 'origin'
  | 'onClosed'
  | 'onIdleGone'
  | 'isReusable'
> {
  readonly key: string;
  user = null;
  reused = false;
  older: UpstreamConnection | null = null;
  newer: UpstreamConnection | null = null;
  above: UpstreamConnection | null = null;
  below: UpstreamConnection | null = null;
  idleSince = 0;
  origin: UpstreamConnection['origin'] = null;
  onClosed: UpstreamConnection['onClosed'] = null;
  onIdleGone: UpstreamConnection['onIdleGone'] = null;
  destroyed = false;
  closed = false;

  constructor(key: string) {
    this.key = key;
  }

  get isReusable(): boolean {
    return !this.destroyed;
  }

  destroy(): void {
    this.destroyed = true;
  }

  /** The origin ends it, or the close that follows destroy(). */
  close(): void {
    if (this.closed) return;
    this.destroyed = this.closed = true;
    const gone = this.onIdleGone;
    this.onIdleGone = null;
    gone?.(this.real);
    this.onClosed?.(this.real);
  }

  get real(): UpstreamConnection {
    return this as unknown as UpstreamConnection;
  }
}

const LIMITS = { maxIdlePerOrigin: 2, maxIdle: 5, idleTimeoutMs: 1000 };

describe('idle upstream connections', () => {
  test('a connection of one route serves no request of another', () => {
    const pool = new UpstreamPool(LIMITS);
    const [one, other]: [RouteOrigins, RouteOrigins] = [new Map(), new Map()];
    const connection = new FakeConnection('a:80');
    pool.put(one, connection.real, 0);
    expect(pool.take(other, 'a:80')).toBeNull();
    expect(pool.take(one, 'a:80')).toBe(connection);
    connection.destroy();
    connection.close();
    expect([pool.origins, one.size, other.size]).toEqual([0, 0, 0]);
  });

  test('the newest is taken first, each once', () => {
    const pool = new UpstreamPool(LIMITS);
    const origins: RouteOrigins = new Map();
    const [first, second] = [new FakeConnection('a:80'), new FakeConnection('a:80')];
    pool.put(origins, first.real, 0);
    pool.put(origins, second.real, 1);
    expect(pool.take(origins, 'b:80')).toBeNull();
    expect(pool.take(origins, 'a:80')).toBe(second);
    expect(pool.take(origins, 'a:80')).toBe(first);
    expect(pool.take(origins, 'a:80')).toBeNull();
    expect(first.reused).toBe(true);
  });

  test('beyond the bound of all the oldest is closed', () => {
    const pool = new UpstreamPool(LIMITS);
    const origins: RouteOrigins = new Map();
    const all = Array.from({ length: 7 }, (_, i) => new FakeConnection(`${i}:80`));
    for (const connection of all) pool.put(origins, connection.real, 1);
    expect(pool.size).toBe(5);
    expect(all.map(({ destroyed }) => destroyed)).toEqual([true, true, false, false, false, false, false]);
  });

  test('an origin may exceed its bound for a second, then its oldest are closed', () => {
    const pool = new UpstreamPool({ ...LIMITS, idleTimeoutMs: 10_000 });
    const origins: RouteOrigins = new Map();
    const other = new FakeConnection('b:80');
    const same = Array.from({ length: 4 }, () => new FakeConnection('a:80'));
    pool.put(origins, other.real, 0);
    for (const [i, connection] of same.entries()) pool.put(origins, connection.real, 100 * i);
    pool.sweep(999);
    expect(pool.size).toBe(5);
    pool.sweep(1000);
    expect(same.map(({ destroyed }) => destroyed)).toEqual([true, false, false, false]);
    pool.sweep(5000);
    expect(same.map(({ destroyed }) => destroyed)).toEqual([true, true, false, false]);
    expect(other.destroyed).toBe(false);
  });

  test('what is used again within the second is not one too many', () => {
    const pool = new UpstreamPool({ ...LIMITS, idleTimeoutMs: 10_000 });
    const origins: RouteOrigins = new Map();
    const same = Array.from({ length: 4 }, () => new FakeConnection('a:80'));
    for (const connection of same) pool.put(origins, connection.real, 0);
    for (const _ of same) pool.take(origins, 'a:80');
    for (const connection of same) pool.put(origins, connection.real, 900);
    pool.sweep(1800);
    expect(pool.size).toBe(4);
  });

  test('a bound that becomes narrower holds for those that are idle already', () => {
    const pool = new UpstreamPool({ ...LIMITS, maxIdlePerOrigin: 5, idleTimeoutMs: 10_000 });
    const origins: RouteOrigins = new Map();
    const same = Array.from({ length: 4 }, () => new FakeConnection('a:80'));
    for (const connection of same) pool.put(origins, connection.real, 0);
    pool.sweep(1000);
    expect(pool.size).toBe(4);
    pool.limit({ ...LIMITS, maxIdlePerOrigin: 1, idleTimeoutMs: 10_000 });
    pool.sweep(1250);
    expect(pool.size).toBe(1);
  });

  test('a bound of 0: none is kept', () => {
    const pool = new UpstreamPool({ ...LIMITS, maxIdlePerOrigin: 0 });
    const origins: RouteOrigins = new Map();
    const connection = new FakeConnection('a:80');
    pool.put(origins, connection.real, 0);
    expect([pool.size, connection.destroyed]).toEqual([0, true]);
  });

  test('what has been idle too long is closed, what is unusable is not handed out', () => {
    const pool = new UpstreamPool(LIMITS);
    const origins: RouteOrigins = new Map();
    const [old, dead, fresh] = [new FakeConnection('a:80'), new FakeConnection('b:80'), new FakeConnection('c:80')];
    pool.put(origins, old.real, 0);
    pool.put(origins, dead.real, 500);
    pool.put(origins, fresh.real, 900);
    pool.sweep(1000);
    expect([old.destroyed, dead.destroyed, fresh.destroyed]).toEqual([true, false, false]);
    dead.destroyed = true;
    expect(pool.take(origins, 'b:80')).toBeNull();
    expect(pool.size).toBe(1);
    pool.closeAll();
    expect([fresh.destroyed, pool.size]).toEqual([true, 0]);
  });

  test('a connection that closed before it became idle leaves nothing behind', () => {
    const pool = new UpstreamPool(LIMITS);
    const origins: RouteOrigins = new Map();
    const connection = new FakeConnection('a:80');
    connection.close();
    pool.put(origins, connection.real, 0);
    expect([pool.size, pool.origins]).toEqual([0, 0]);
  });

  test('after any course of events: within the bounds, no origin without a connection, none handed out twice', () => {
    const event = fc.record({
      kind: fc.constantFrom('open', 'take', 'put', 'close', 'sweep'),
      key: fc.constantFrom('a:80', 'b:80', 'c:80'),
      at: fc.nat(40),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 150, size: 'max' }), (events) => {
        const limits = { ...LIMITS, idleTimeoutMs: 5000 };
        const pool = new UpstreamPool(limits);
        const origins: RouteOrigins = new Map();
        const all: FakeConnection[] = [];
        const inUse = new Set<FakeConnection>();
        let now = 0;
        for (const { kind, key, at } of events) {
          const any = all[at % Math.max(1, all.length)];
          if (kind === 'open') {
            const connection = new FakeConnection(key);
            all.push(connection);
            inUse.add(connection);
          } else if (kind === 'take') {
            const taken = pool.take(origins, key) as unknown as FakeConnection | null;
            if (taken === null) continue;
            expect(taken.key).toBe(key);
            expect(inUse.has(taken)).toBe(false);
            inUse.add(taken);
          } else if (kind === 'put' && any !== undefined && inUse.has(any)) {
            inUse.delete(any);
            pool.put(origins, any.real, now);
          } else if (kind === 'close') {
            any?.close();
          } else {
            pool.sweep((now += 400));
            for (const name of ['a:80', 'b:80', 'c:80']) {
              const idle = all.filter((connection) => connection.key === name && connection.onIdleGone !== null);
              const surplus = idle.filter(({ idleSince }) => now - idleSince >= 1000).length > 0;
              expect(idle.length <= limits.maxIdlePerOrigin || !surplus).toBe(true);
            }
          }
          expect(pool.size).toBeLessThanOrEqual(limits.maxIdle);
        }
        pool.closeAll();
        for (const connection of all) connection.close();
        expect([pool.size, pool.origins]).toEqual([0, 0]);
      }),
    );
  });
});
