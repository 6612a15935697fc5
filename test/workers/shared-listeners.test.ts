import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import type { ListenSpec } from '../../src/workers/messages.ts';
import { sharedListeners } from '../../src/workers/shared-listeners.ts';
import { listenerConfig } from '../observe/fixtures.ts';

function spec(address: string, port: number, descriptors: readonly number[] = []): ListenSpec {
  return {
    key: address,
    listener: listenerConfig({ name: 'a' }),
    index: 0,
    slot: 0,
    address,
    port,
    descriptors,
  };
}

test.each([
  { other: '127.0.0.1', ours: '127.0.0.1', shared: true },
  { other: '127.0.0.1', ours: '::ffff:127.0.0.1', shared: true },
  { other: '127.0.0.1', ours: '0.0.0.0', shared: true },
  { other: '127.0.0.1', ours: '::', shared: true },
  { other: '127.0.0.1', ours: '127.0.0.2', shared: false },
  { other: '127.0.0.1', ours: '::1', shared: false },
  { other: '0.0.0.0', ours: '127.0.0.2', shared: true },
  { other: '0.0.0.0', ours: '::1', shared: false },
  { other: '0.0.0.0', ours: '::', shared: true },
  { other: '::', ours: '127.0.0.1', shared: true },
  { other: '::', ours: '0.0.0.0', shared: true },
  { other: '::', ours: '::1', shared: true },
  { other: '::1', ours: '::1', shared: true },
])('another on $other, ours on $ours: $shared', async ({ other, ours, shared }) => {
  const server = createServer().listen(0, other);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  expect(await sharedListeners([spec(ours, port)])).toHaveLength(shared ? 1 : 0);
  expect(await sharedListeners([spec(ours, port, [3]), spec(ours, 0)])).toEqual([]);
  await new Promise((resolve) => server.close(resolve));
});
