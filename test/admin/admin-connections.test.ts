/** Connections that say nothing, or half of a request, keep nobody from the admin side: a balancer, a Prometheus. */
import { get } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { AdminConnections } from '../../src/admin/admin-connections.ts';
import { startAdmin, type Admin } from '../../src/admin/server.ts';
import { eventually } from '../support/eventually.ts';
import { Resources } from '../support/resources.ts';
import { adminSources } from './sources.ts';

let resources = new Resources();
afterEach(async () => {
  await resources.end();
  resources = new Resources();
});

async function started(): Promise<Admin> {
  const admin = await startAdmin({ address: '127.0.0.1', port: 0, hosts: [] }, adminSources());
  resources.defer(async () => await admin.close());
  return admin;
}

/** Connections that are open from there on, and say this. */
async function opened(
  admin: Admin,
  count: number,
  addressOf: (i: number) => string,
  says: string,
): Promise<Set<Socket>> {
  const open = new Set<Socket>();
  let come = 0;
  for (let i = 0; i < count; i += 1) {
    const socket = connect({ host: '127.0.0.1', port: admin.port, localAddress: addressOf(i) });
    socket.on('error', () => {}).on('close', () => open.delete(socket));
    socket.on('connect', () => {
      come += 1;
      open.add(socket);
      socket.write(says);
    });
    resources.defer(async () => await Promise.resolve(socket.destroy()));
  }
  await eventually('all have come', () => come === count);
  return open;
}

async function statusOf(admin: Admin, from = '127.0.0.1'): Promise<number | string> {
  return await new Promise((resolve) => {
    get({ host: '127.0.0.1', port: admin.port, path: '/readyz', agent: false, localAddress: from }, (answer) =>
      answer.resume().on('end', () => resolve(answer.statusCode ?? 0)),
    ).on('error', (error) => resolve(error.message));
  });
}

const HALF =
  'POST /explain HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{';

test.each([
  { name: 'silent ones of one address', addressOf: () => '127.0.0.2', says: '', most: 16 },
  { name: 'half heads', addressOf: () => '127.0.0.2', says: 'GET /metrics HTTP/1.1\r\nHost: 127', most: 16 },
  { name: 'half bodies', addressOf: () => '127.0.0.2', says: HALF, most: 16 },
  { name: 'silent ones of whoever asks', addressOf: () => '127.0.0.1', says: '', most: 16 },
  { name: 'silent ones of many addresses', addressOf: (i: number) => `127.0.1.${i + 1}`, says: '', most: 64 },
])('$name: there are no more than may be, and everybody is answered', async ({ addressOf, says, most }) => {
  const admin = await started();
  const silent = await opened(admin, 150, addressOf, says);
  await eventually('the rest is ended', () => silent.size <= most);
  for (const from of ['127.0.0.1', '127.0.0.3', '127.0.0.1']) expect(await statusOf(admin, from)).toBe(200);
});

// Was a fault: whoever took large answers slowly on all connections of an address kept others of it out for ten seconds each time.
test.each([
  { name: 'of one address', addressOf: () => '127.0.0.2', count: 16 },
  { name: 'of whoever asks', addressOf: () => '127.0.0.1', count: 16 },
  { name: 'of many addresses', addressOf: (i: number) => `127.0.1.${i + 1}`, count: 64 },
])('readers $name that take no more of a long answer make room', async ({ addressOf, count }) => {
  const sources = { ...adminSources(), pac: () => 'x'.repeat(16 * 1024 * 1024) };
  const admin = await startAdmin({ address: '127.0.0.1', port: 0, hosts: [] }, sources);
  resources.defer(async () => await admin.close());
  const slow = await opened(admin, count, addressOf, 'GET /proxy.pac HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
  await eventually('each has the beginning of its answer', () => [...slow].every(({ bytesRead }) => bytesRead > 0));
  expect(slow.size).toBe(count);
  for (let i = 0; i < 20; i += 1) expect(await statusOf(admin, addressOf(0))).toBe(200);
});

test('one that has not asked makes room first, the oldest of those; where all have, the oldest', () => {
  const made = (remoteAddress: string): Socket => {
    const socket = { remoteAddress, destroyed: false, once: () => socket, destroy: () => (socket.destroyed = true) };
    return socket as unknown as Socket;
  };
  const connections = new AdminConnections();
  const sockets = Array.from({ length: 16 }, () => made('2001:db8::1'));
  for (const socket of sockets) connections.add(socket);
  for (const socket of sockets.slice(0, 15)) connections.asked(socket);
  // Of the same network.
  const next = made('2001:db8::2');
  connections.add(next);
  expect(sockets.map(({ destroyed }) => destroyed)).toEqual([...Array.from({ length: 15 }, () => false), true]);
  connections.asked(next);
  const last = made('2001:db8::3');
  connections.add(last);
  expect([sockets[0]?.destroyed, sockets[1]?.destroyed, next.destroyed, last.destroyed]).toEqual([
    true,
    false,
    false,
    false,
  ]);
  const other = made('2001:db8:0:1::1');
  connections.add(other);
  expect([other.destroyed, sockets[1]?.destroyed]).toEqual([false, false]);
});
