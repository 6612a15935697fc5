/** Connections that say nothing, or half of a request, keep nobody from the admin side: a balancer, a Prometheus. */
import { get } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { AdminConnections } from '../../src/admin/admin-connections.ts';
import { startAdmin, type Admin } from '../../src/admin/server.ts';
import { eventually } from '../support/eventually.ts';
import { Resources } from '../support/resources.ts';
import { EXPLANATIONS } from './explanations.ts';
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
  { reads = true } = {},
): Promise<Set<Socket>> {
  const open = new Set<Socket>();
  let come = 0;
  for (let i = 0; i < count; i += 1) {
    const socket = connect({ host: '127.0.0.1', port: admin.port, localAddress: addressOf(i) });
    socket.on('error', () => {}).on('close', () => open.delete(socket));
    if (reads) socket.resume();
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
  { name: 'silent ones of one address', addressOf: () => '127.0.0.2', says: '', most: 32 },
  { name: 'half heads', addressOf: () => '127.0.0.2', says: 'GET /metrics HTTP/1.1\r\nHost: 127', most: 32 },
  { name: 'half bodies', addressOf: () => '127.0.0.2', says: HALF, most: 32 },
  { name: 'silent ones of whoever asks', addressOf: () => '127.0.0.1', says: '', most: 32 },
  { name: 'silent ones of many addresses', addressOf: (i: number) => `127.0.1.${i + 1}`, says: '', most: 64 },
])('$name: there are no more than may be, and everybody is answered', async ({ addressOf, says, most }) => {
  const admin = await started();
  const silent = await opened(admin, 150, addressOf, says);
  await eventually('the rest is ended', () => silent.size <= most);
  for (const from of ['127.0.0.1', '127.0.0.3', '127.0.0.1']) expect(await statusOf(admin, from)).toBe(200);
});

// Was a fault: whoever took large answers slowly on all connections of an address kept others of it out for ten seconds each time.
test.each([
  { name: 'of one address', addressOf: () => '127.0.0.2', count: 32 },
  { name: 'of whoever asks', addressOf: () => '127.0.0.1', count: 32 },
  { name: 'of many addresses', addressOf: (i: number) => `127.0.1.${i + 1}`, count: 64 },
])('readers $name that take no more of a long answer make room', async ({ addressOf, count }) => {
  const sources = { ...adminSources(), pac: () => 'x'.repeat(8 * 1024 * 1024) };
  const admin = await startAdmin({ address: '127.0.0.1', port: 0, hosts: [] }, sources);
  resources.defer(async () => await admin.close());
  const slow = await opened(admin, count, addressOf, 'GET /proxy.pac HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n', {
    reads: false,
  });
  await eventually('each has the beginning of its answer', () => [...slow].every(({ bytesRead }) => bytesRead > 0));
  expect(slow.size).toBe(count);
  for (let i = 0; i < 20; i += 1) expect(await statusOf(admin, addressOf(0))).toBe(200);
});

/** What comes on a connection until it ends. */
function answerOn(admin: Admin, localAddress: string, says: string): { readonly ended: Promise<string>; text: string } {
  const { promise, resolve } = Promise.withResolvers<string>();
  const answer = { ended: promise, text: '' };
  const socket = connect({ host: '127.0.0.1', port: admin.port, localAddress });
  resources.defer(async () => await Promise.resolve(socket.destroy()));
  socket.on('connect', () => socket.write(says)).on('error', () => {});
  socket.setEncoding('utf8').on('data', (piece: string) => (answer.text += piece));
  socket.on('close', () => resolve(answer.text));
  return answer;
}

const question = (body = '{"url":"host.example"}'): string =>
  `POST /explain HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

// Was a fault: it was cut off, and its owner had to guess why.
test('who has to make room is told why, in the form that the status page reads', async () => {
  const admin = await started();
  const first = answerOn(admin, '127.0.0.2', HALF);
  await eventually(
    'it has come',
    () => statusOf(admin, '127.0.0.2'),
    (status) => status === 200,
  );
  await opened(admin, 32, () => '127.0.0.2', HALF);
  const [head, body] = (await first.ended).split('\r\n\r\n', 2);
  expect(head).toMatch(/^HTTP\/1\.1 503 [^]*\r\nRetry-After: 1\r\n/);
  expect(JSON.parse(body ?? '')).toEqual({
    error: 'too many connections from 127.0.0.2: at most 32 of one address at a time; ask again in a second',
  });
});

// Was a fault: the 17th connection of an address ended the answer that had waited for longest, whatever the others were there for.
test('a question that waits for its turn is answered, however many connections of its address say nothing', async () => {
  const turn = Promise.withResolvers<null>();
  let waiting = 0;
  const askers = {
    refuses: async () => {
      waiting += 1;
      return await turn.promise;
    },
    told: () => {},
  };
  const sources = { ...adminSources({ explain: () => EXPLANATIONS.pass }), askers };
  const admin = await startAdmin({ address: '127.0.0.1', port: 0, hosts: [] }, sources);
  resources.defer(async () => await admin.close());
  const answers = Array.from({ length: 16 }, () => answerOn(admin, '127.0.0.2', question()));
  await eventually('they wait', () => waiting === 16);
  const silent = await opened(admin, 100, () => '127.0.0.2', '');
  await eventually('the rest is ended', () => silent.size <= 16);
  expect(await statusOf(admin, '127.0.0.2')).toBe(200);
  turn.resolve(null);
  for (const { ended } of answers) expect(await ended).toMatch(/^HTTP\/1\.1 200 /);
});

test('the oldest of the first kind that there is makes room: silent, answered, asked, waiting', () => {
  const made = (remoteAddress: string): FakeSocket => {
    const socket: FakeSocket = {
      remoteAddress,
      destroyed: false,
      said: '',
      once: () => socket,
      destroy: () => (socket.destroyed = true),
      end: (text) => (socket.said = text),
    };
    return socket;
  };
  const connections = new AdminConnections();
  const sockets = Array.from({ length: 32 }, () => made('2001:db8::1'));
  const [waiting, asked, answered, ...silent] = sockets;
  for (const socket of sockets) connections.add(asSocket(socket));
  connections.is(asSocket(waiting!), 'waiting');
  connections.is(asSocket(asked!), 'asked');
  connections.is(asSocket(answered!), 'answered');
  /** Of the same network, with a question. */
  const come = (): void => {
    const next = made('2001:db8::2');
    connections.add(asSocket(next));
    connections.is(asSocket(next), 'waiting');
  };
  for (const [i, one] of silent.slice(0, 15).entries()) {
    come();
    expect([i, one.said, one.destroyed]).toEqual([i, expect.stringContaining('from 2001:db8::1: at most 32'), false]);
    expect(connections.hasMadeRoom(asSocket(one))).toBe(true);
  }
  for (const one of silent.slice(15)) connections.is(asSocket(one), 'waiting');
  // Nothing can be said in the middle of an answer.
  come();
  expect([answered!.destroyed, answered!.said]).toEqual([true, '']);
  come();
  expect([asked!.said, waiting!.said]).toEqual([expect.stringContaining('too many connections'), '']);
  const other = made('2001:db8:0:1::1');
  connections.add(asSocket(other));
  expect([other.destroyed, other.said, waiting!.destroyed]).toEqual([false, '', false]);
  // Seventeen at a time are not told.
  come();
  expect([waiting!.destroyed, waiting!.said]).toEqual([true, '']);
});

interface FakeSocket {
  readonly remoteAddress: string;
  destroyed: boolean;
  said: string;
  once(): FakeSocket;
  destroy(): void;
  end(text: string): void;
}

function asSocket(socket: FakeSocket): Socket {
  return socket as unknown as Socket;
}
