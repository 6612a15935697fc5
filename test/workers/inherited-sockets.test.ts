import { describe, expect, test } from '@jest/globals';
import { InheritedSockets, takeInheritedSockets } from '../../src/workers/inherited-sockets.ts';
import { CONFIG, listenerConfig } from '../observe/fixtures.ts';

test('4096 sockets at most: a service manager passes no more, and the rest would be descriptors of somebody else', () => {
  const passed = (count: string): number =>
    takeInheritedSockets({ LISTEN_PID: '7', LISTEN_FDS: count }, 7).descriptors('unknown').length;
  expect(['4096', '4097', '9999', '10000'].map(passed)).toEqual([4096, 4096, 4096, 0]);
});

describe('sd_listen_fds', () => {
  test.each([
    {
      name: 'two of one name',
      env: { LISTEN_PID: '7', LISTEN_FDS: '2', LISTEN_FDNAMES: 'web:web' },
      want: { web: [3, 4] },
    },
    {
      name: 'two names, in their order',
      env: { LISTEN_PID: '7', LISTEN_FDS: '3', LISTEN_FDNAMES: 'a:b:a' },
      want: { a: [3, 5], b: [4] },
    },
    { name: 'no names', env: { LISTEN_PID: '7', LISTEN_FDS: '1' }, want: { unknown: [3] } },
    { name: 'for another process', env: { LISTEN_PID: '8', LISTEN_FDS: '1', LISTEN_FDNAMES: 'web' }, want: {} },
    { name: 'no number', env: { LISTEN_PID: '7', LISTEN_FDS: '-1', LISTEN_FDNAMES: 'web' }, want: {} },
    { name: 'none', env: {}, want: {} },
  ])('$name', ({ env, want }) => {
    const environment: Record<string, string | undefined> = { ...env, PATH: '/bin' };
    const sockets = takeInheritedSockets(environment, 7);
    expect(
      Object.fromEntries(
        ['web', 'a', 'b', 'unknown']
          .map((name) => [name, sockets.descriptors(name)])
          .filter(([, found]) => found!.length > 0),
      ),
    ).toEqual(want);
    expect(environment).toEqual({ PATH: '/bin' });
    expect(sockets.isEmpty).toBe(Object.keys(want).length === 0);
  });

  test('a listener of mode dns takes none', () => {
    const listeners = [listenerConfig({ name: 'a', mode: 'dns' })];
    const [fault] = new InheritedSockets(new Map([['a', [3]]])).faults({ ...CONFIG, listeners, workers: 1 });
    expect(fault).toMatch(/^listeners\[0\]\.socket: a listener of mode dns opens its sockets itself/);
  });

  test('without any, listeners open their own', () => {
    const listener = listenerConfig({ name: 'a' });
    expect(InheritedSockets.NONE.nameFor(listener)).toBeNull();
    expect(new InheritedSockets(new Map([['a', [3]]])).nameFor(listener)).toBe('a');
    expect(new InheritedSockets(new Map([['a', [3]]])).nameFor({ ...listener, socket: 'b' })).toBe('b');
  });
});
