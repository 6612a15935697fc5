/** What a client keeps for itself between two requests: requirements 24 and 61 where lists change and clocks run. */
import { describe, expect, test } from '@jest/globals';
import { ClientUpstream } from '../../src/forward/client-upstream.ts';
import { KeptConnections } from '../../src/forward/kept-connections.ts';
import type { UpstreamConnection } from '../../src/forward/upstream-connection.ts';

type Seen = Pick<
  UpstreamConnection,
  'key' | 'user' | 'reused' | 'isBound' | 'carriedBody' | 'namesClient' | 'idleSince' | 'onIdleGone' | 'isReusable'
>;

interface Kind {
  readonly isBound?: boolean;
  readonly carriedBody?: boolean;
  readonly namesClient?: boolean;
}

class FakeConnection implements Seen {
  readonly key: string;
  readonly isBound: boolean;
  readonly carriedBody: boolean;
  readonly namesClient: boolean;
  user = null;
  reused = false;
  idleSince = 0;
  onIdleGone: UpstreamConnection['onIdleGone'] = null;
  destroyed = false;

  constructor(key: string, kind: Kind) {
    this.key = key;
    this.namesClient = kind.namesClient ?? false;
    this.isBound = kind.isBound ?? false;
    this.carriedBody = kind.carriedBody ?? false;
  }

  get isReusable(): boolean {
    return !this.destroyed;
  }

  destroy(): void {
    this.destroyed = true;
  }

  get real(): UpstreamConnection {
    return this as unknown as UpstreamConnection;
  }
}

const NAMED = { namesClient: true };
const BODY = { carriedBody: true };
const BOUND = { isBound: true };
const BOTH = { isBound: true, carriedBody: true };
const ALWAYS = -Infinity;

function kept(kind: Kind, now = 0): { readonly own: ClientUpstream; readonly connection: FakeConnection } {
  const own = new ClientUpstream(new KeptConnections());
  const connection = new FakeConnection('a:80', kind);
  own.keep(connection.real, now);
  return { own, connection };
}

describe('the connection a client keeps for itself', () => {
  test('is given once, and only for its origin', () => {
    const { own, connection } = kept(BODY);
    expect(own.take('b:80', false, ALWAYS)).toBeNull();
    expect(own.take('a:80', false, ALWAYS)).toBe(connection);
    expect(own.take('a:80', false, ALWAYS)).toBeNull();
    expect([connection.destroyed, connection.reused]).toEqual([false, true]);
  });

  test.each([
    ['a body', BODY, true],
    ['a body on a bound one', BOTH, true],
    ['authentication alone', BOUND, false],
    ['the name of its client alone', NAMED, false],
  ])('%s, and the host has got path entries meanwhile: closed is %s', (_, kind, closed) => {
    const { own, connection } = kept(kind);
    expect(own.take('a:80', true, ALWAYS)).toBe(closed ? null : connection);
    expect(connection.destroyed).toBe(closed);
  });

  test.each([
    ['a body', BODY, true],
    ['authentication alone', BOUND, false],
  ])('%s, idle for too long: closed is %s', (_, kind, closed) => {
    const { own, connection } = kept(kind, 100);
    own.sweep(99, 100);
    expect(connection.destroyed).toBe(false);
    own.sweep(100, 100);
    expect(connection.destroyed).toBe(closed);
    expect(own.take('a:80', false, 100)).toBe(closed ? null : connection);
  });

  test.each([
    ['the name of its client', NAMED, true],
    ['the name, and a body', { ...NAMED, ...BODY }, true],
    ['the name, and authentication', { ...NAMED, ...BOUND }, false],
  ])('%s, idle for as long as any may be: closed is %s', (_, kind, closed) => {
    const { own, connection } = kept(kind, 100);
    own.sweep(99, 99);
    expect(connection.destroyed).toBe(false);
    own.sweep(99, 100);
    expect(connection.destroyed).toBe(closed);
  });

  test('idle for too long, and asked for before anybody looked: closed', () => {
    const { own, connection } = kept(BODY, 100);
    expect(own.take('a:80', false, 100)).toBeNull();
    expect(connection.destroyed).toBe(true);
  });

  test('one that has carried a body makes room, but never for another where it is bound', () => {
    const { own, connection } = kept(BOUND);
    const later = new FakeConnection('b:80', BODY);
    own.keep(later.real, 1);
    expect([connection.destroyed, later.destroyed]).toEqual([false, true]);
    const bound = new FakeConnection('c:80', BOTH);
    own.keep(bound.real, 2);
    expect([connection.destroyed, bound.destroyed]).toEqual([true, false]);
    own.close();
    expect(bound.destroyed).toBe(true);
  });

  test('one that the origin has ended is not given', () => {
    const { own, connection } = kept(BODY);
    connection.onIdleGone?.(connection.real);
    expect(own.take('a:80', false, ALWAYS)).toBeNull();
    const gone = new FakeConnection('a:80', BODY);
    gone.destroy();
    own.keep(gone.real, 0);
    expect(own.take('a:80', false, ALWAYS)).toBeNull();
  });
});
