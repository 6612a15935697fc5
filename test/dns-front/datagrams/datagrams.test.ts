/** Both kinds of datagram sockets: what comes in goes out, from and to whom it should. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import {
  Arena,
  HEAD_BYTES,
  PEER_BYTES,
  peerAddress,
  peerLength,
  readPeer,
  writePeer,
  type DatagramEvents,
  type Datagrams,
} from '../../../src/dns-front/datagrams/datagrams.ts';
import { loadKoffi } from '../../../src/lib/koffi.ts';
import { nativeDatagramsFrom } from '../../../src/dns-front/datagrams/native-datagrams.ts';
import { NodeDatagrams } from '../../../src/dns-front/datagrams/node-datagrams.ts';
import { eventually } from '../../support/eventually.ts';
import { freePort } from '../../support/free-port.ts';

type Make = () => Promise<Datagrams>;

const KINDS: readonly (readonly [string, Make])[] = [
  ['native', native],
  ['of Node', async () => await Promise.resolve(new NodeDatagrams(new Arena(0)))],
];

async function native(): Promise<Datagrams> {
  const loaded = await loadKoffi();
  const datagrams = loaded === null ? null : nativeDatagramsFrom(loaded.koffi, new Arena(0));
  if (datagrams === null) throw new Error('koffi is a development dependency: it must be there');
  return datagrams;
}

const NO_EVENTS: DatagramEvents = { received: () => {}, afterRead: () => {}, unreachable: () => {} };

describe.each(KINDS)('datagrams, %s', (_kind, make) => {
  let datagrams: Datagrams;
  let peer: Socket;

  beforeAll(async () => {
    datagrams = await make();
    peer = createSocket('udp4');
    peer.bind(0, '127.0.0.1');
    await once(peer, 'listening');
  });

  afterAll(() => {
    peer.close();
  });

  test('whatever comes to a bound socket goes back to whoever sent it, in rooms of their own', async () => {
    const socket = await datagrams.bind({ address: '127.0.0.1', port: 0 });
    socket.start({
      ...NO_EVENTS,
      received: (at, length, from) => socket.queue(at, length, from),
      afterRead: () => socket.flush(),
    });
    const came: string[] = [];
    peer.on('message', (message, { port }) => came.push(`${message.length} ${message.toString('latin1')[0]} ${port}`));
    const sizes = [0, 1, 12, 512, 1232, 4096, 60_000];
    for (const size of sizes) peer.send(Buffer.alloc(size, 'a'), socket.own.port, '127.0.0.1');
    await eventually('all came back', () => came.length === sizes.length);
    expect(came.toSorted()).toEqual(
      sizes.map((size) => `${size} ${size === 0 ? 'undefined' : 'a'} ${socket.own.port}`).toSorted(),
    );
    peer.removeAllListeners('message');
    socket.close();
    socket.close();
  });

  test('a hundred at once', async () => {
    const socket = await datagrams.bind({ address: '127.0.0.1', port: 0 });
    socket.start({
      ...NO_EVENTS,
      received: (at, length, from) => socket.queue(at, length, from),
      afterRead: () => socket.flush(),
    });
    const came = new Set<string>();
    peer.on('message', (message) => came.add(message.toString('latin1')));
    for (let i = 0; i < 100; i++) peer.send(`number ${i}`, socket.own.port, '127.0.0.1');
    await eventually('all came back', () => came.size === 100);
    expect([...came].every((text) => text.startsWith('number '))).toBe(true);
    peer.removeAllListeners('message');
    socket.close();
  });

  test('a connected socket hears its peer and nobody else', async () => {
    const socket = await datagrams.connect({ address: '127.0.0.1', port: peer.address().port });
    const heard: string[] = [];
    const { bytes } = datagrams.arena;
    socket.start({ ...NO_EVENTS, received: (at, length) => heard.push(bytes.toString('latin1', at, at + length)) });
    const stranger = createSocket('udp4');
    stranger.send('forged', socket.own.port, '127.0.0.1');
    bytes.write('asked', datagrams.arena.rooms[1] ?? 0, 'latin1');
    socket.queue(datagrams.arena.rooms[1] ?? 0, 5, -1);
    socket.flush();
    const [message, from] = await once(peer, 'message');
    expect(String(message)).toBe('asked');
    expect(from.port).toBe(socket.own.port);
    peer.send('answer', from.port, '127.0.0.1');
    await eventually('the answer came', () => heard.length > 0);
    expect(heard).toEqual(['answer']);
    stranger.close();
    socket.close();
  });

  test('a closed port is told, each time', async () => {
    const socket = await datagrams.connect({ address: '127.0.0.1', port: await freePort() });
    let told = 0;
    let heard = 0;
    socket.start({ ...NO_EVENTS, received: () => (heard += 1), unreachable: () => (told += 1) });
    for (let i = 1; i <= 3; i++) {
      await eventually('it is told', () => {
        socket.queue(datagrams.arena.rooms[0] ?? 0, 1, -1);
        socket.flush();
        return told >= i;
      });
    }
    expect(heard).toBe(0);
    socket.close();
  });

  test('IPv6, and an address that is taken', async () => {
    const socket = await datagrams.bind({ address: '::1', port: 0 });
    expect(socket.own.address).toBe('::1');
    const other = createSocket({ type: 'udp6' });
    other.bind(0, '::1');
    await once(other, 'listening');
    await expect(datagrams.bind({ address: '::1', port: other.address().port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
    other.close();
    socket.close();
  });

  test('what had come before a socket leaves is read, and it can still send', async () => {
    const socket = await datagrams.bind({ address: '127.0.0.1', port: 0 });
    const heard: number[] = [];
    socket.start({ ...NO_EVENTS, received: (_, length) => heard.push(length) });
    peer.send('12345', socket.own.port, '127.0.0.1');
    await eventually('it came', () => heard.length > 0);
    expect(heard).toEqual([5]);
    socket.leave();
    socket.leave();
    const { bytes, peers, rooms } = datagrams.arena;
    writePeer(bytes, peers[3] ?? 0, { address: '127.0.0.1', port: peer.address().port });
    bytes.write('late', rooms[3] ?? 0, 'latin1');
    const answer = once(peer, 'message');
    socket.queue(rooms[3] ?? 0, 4, peers[3] ?? 0);
    socket.flush();
    const [message, { port }] = await answer;
    expect([String(message), port]).toEqual(['late', socket.own.port]);
    socket.close();
  });
});

test.each([
  ['0.0.0.0', '127.0.0.5'],
  ['::', '127.0.0.6'],
  ['::', '::1'],
])('a native socket on %s answers from the address that was asked, %s', async (all, asked) => {
  const datagrams = await native();
  const socket = await datagrams.bind({ address: all, port: 0 });
  socket.start({
    ...NO_EVENTS,
    received: (at, length, from) => socket.queue(at, length, from),
    afterRead: () => socket.flush(),
  });
  const client = createSocket(asked.includes(':') ? 'udp6' : 'udp4');
  const answer = once(client, 'message');
  client.send('whoever', socket.own.port, asked);
  const [, from] = await answer;
  expect(from).toMatchObject({ address: asked, port: socket.own.port });
  client.close();
  socket.close();
});

describe.each([
  ['127.0.0.1', '127.0.0.1'],
  ['0.0.0.0', '127.0.0.7'],
  ['::', '127.0.0.8'],
  ['::', '::1'],
])('a native socket on %s that leaves, asked at %s', (all, asked) => {
  test('reads nothing more, takes nothing from whoever shares its port, and answers from the address that was asked', async () => {
    const [leaving, staying] = [await native(), await native()];
    const old = await leaving.bind({ address: all, port: 0 });
    let heard = 0;
    old.start({ ...NO_EVENTS, received: () => (heard += 1) });
    const clients = Array.from({ length: 40 }, () => createSocket(asked.includes(':') ? 'udp6' : 'udp4'));
    const [first] = clients;
    if (first === undefined) throw new Error('there are 40');
    first.send('before', old.own.port, asked);
    await eventually('it came', () => heard === 1);
    const other = await staying.bind({ address: all, port: old.own.port });
    let came = 0;
    other.start({ ...NO_EVENTS, received: () => (came += 1) });
    old.leave();
    for (const client of clients) client.send('after', old.own.port, asked);
    await eventually('all go to the other one', () => came === clients.length);
    expect(heard).toBe(1);
    // Its peer, and the address that was asked, lie where it read them.
    const { bytes, peers, rooms } = leaving.arena;
    bytes.write('answer', rooms[0] ?? 0, 'latin1');
    const answer = once(first, 'message');
    old.queue(rooms[0] ?? 0, 6, peers[0] ?? 0);
    old.flush();
    const [message, from] = await answer;
    expect(String(message)).toBe('answer');
    expect(from).toMatchObject({ address: asked, port: old.own.port });
    for (const client of clients) client.close();
    old.close();
    other.close();
  });
});

test('what does not fit into a receive buffer is told, once, of a bound and of a connected socket', async () => {
  const datagrams = await native();
  const sender = createSocket('udp4');
  sender.bind(0, '127.0.0.1');
  await once(sender, 'listening');
  const bound = await datagrams.bind({ address: '127.0.0.1', port: 0 });
  const connected = await datagrams.connect({ address: '127.0.0.1', port: sender.address().port });
  for (const socket of [bound, connected]) {
    expect(socket.setReceiveBuffer(65_536)).toBe(65_536);
    expect(socket.newDrops()).toBe(0);
    const sent = 1000;
    for (let i = 0; i < sent; i += 1)
      await new Promise((resolve) => sender.send('x', socket.own.port, '127.0.0.1', resolve));
    let dropped = socket.newDrops();
    let heard = 0;
    socket.start({ ...NO_EVENTS, received: () => (heard += 1) });
    // The kernel may still be about to deliver some that are sent.
    await eventually('what had room is read', () => {
      dropped += socket.newDrops();
      return heard + dropped === sent;
    });
    expect(heard).toBeGreaterThan(100);
    expect(dropped).toBeGreaterThan(500);
    expect(socket.newDrops()).toBe(0);
    socket.close();
    expect(socket.newDrops()).toBe(0);
  }
  sender.close();
});

test.each(KINDS)('a receive buffer is as large as is told, %s', async (_kind, make) => {
  const datagrams = await make();
  const socket = await datagrams.bind({ address: '127.0.0.1', port: 0 });
  expect([socket.setReceiveBuffer(65_536), socket.setReceiveBuffer(131_072)]).toEqual([65_536, 131_072]);
  socket.close();
});

test('a datagram that is sent while an error of an earlier one is pending is sent all the same, and the error is told', async () => {
  const datagrams = await native();
  const port = await freePort();
  const socket = await datagrams.connect({ address: '127.0.0.1', port });
  let told = 0;
  // It is not read: whatever is pending is found by the next that is sent.
  const place = datagrams.arena.rooms[0] ?? 0;
  datagrams.arena.bytes.write('asked', place, 'latin1');
  socket.queue(place, 5, -1);
  socket.flush();
  const back = createSocket('udp4');
  back.bind(port, '127.0.0.1');
  await once(back, 'listening');
  const came = once(back, 'message');
  socket.queue(place, 5, -1);
  socket.flush();
  expect(String((await came)[0])).toBe('asked');
  socket.start({ ...NO_EVENTS, unreachable: () => (told += 1) });
  back.close();
  await once(back, 'close');
  await eventually('another one is told', () => {
    socket.queue(place, 5, -1);
    socket.flush();
    return told > 0;
  });
  socket.close();
});

describe('peers', () => {
  test.each(['192.0.2.1', '2001:db8::1', '::1'])('%s is read as it was written', (address) => {
    const bytes = Buffer.alloc(PEER_BYTES * 2);
    writePeer(bytes, PEER_BYTES, { address, port: 4711 });
    expect(readPeer(bytes, PEER_BYTES)).toEqual({ address, port: 4711 });
    expect(peerAddress(bytes, PEER_BYTES)).toHaveLength(address.includes(':') ? 16 : 4);
    expect(peerLength(bytes, PEER_BYTES)).toBe(address.includes(':') ? 28 : 16);
    expect(peerLength(bytes, 0)).toBe(0);
  });

  test('IPv4 that came to a socket for both families is IPv4', () => {
    const bytes = Buffer.alloc(PEER_BYTES);
    writePeer(bytes, 0, { address: '::ffff:192.0.2.1', port: 4711 });
    expect(readPeer(bytes, 0)).toEqual({ address: '192.0.2.1', port: 4711 });
    expect(peerAddress(bytes, 0)).toEqual(Buffer.from([192, 0, 2, 1]));
    expect(peerLength(bytes, 0)).toBe(28);
  });

  test('rooms do not overlap, and have place for a header', () => {
    const { rooms, peers, own, roomBytes, bytes } = new Arena(100);
    expect(rooms.every((room, i) => room - HEAD_BYTES >= (i === 0 ? 0 : (rooms[i - 1] ?? 0) + roomBytes))).toBe(true);
    expect(Math.min(...peers)).toBeGreaterThanOrEqual((rooms.at(-1) ?? 0) + roomBytes);
    expect(bytes.length - own).toBe(100);
  });
});
