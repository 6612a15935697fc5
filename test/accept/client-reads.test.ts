/** With real sockets, as a listener accepts them. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { ClientReads, MAX_OWN_CLIENT_BUFFERS, type ClientRead } from '../../src/accept/client-reads.ts';
import { seededRandom } from '../../bench/data/seeded-random.ts';
import { eventually } from '../support/eventually.ts';
import { writeInPieces } from '../support/random-cuts.ts';

const LONG = 64 * 1024;
const server = createServer({ allowHalfOpen: true, noDelay: true });
const sockets: Socket[] = [];
let reads = new ClientReads();

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

beforeEach(() => {
  reads = new ClientReads();
});

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

afterAll(() => {
  server.close();
});

interface Pair {
  readonly ours: Socket;
  readonly peer: Socket;
}

async function pair(): Promise<Pair> {
  const { port } = server.address() as AddressInfo;
  const peer = connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true });
  const [[ours]] = (await Promise.all([once(server, 'connection'), once(peer, 'connect')])) as [[Socket], unknown];
  ours.on('error', () => {});
  peer.on('error', () => {});
  sockets.push(ours, peer);
  return { ours, peer };
}

/** Everything that a socket has read: each read as it came, kept. */
class Taken {
  readonly pieces: Buffer[] = [];
  readonly read: ClientRead;

  constructor(socket: Socket) {
    this.read = reads.begin(socket, (bytes) => this.pieces.push(bytes));
  }

  get length(): number {
    return this.pieces.reduce((sum, { length }) => sum + length, 0);
  }

  get bytes(): Buffer {
    return Buffer.concat(this.pieces);
  }
}

test('what each of many clients sends comes whole and in order, and stays as it was when others are read', async () => {
  const clients: Pair[] = [];
  for (let i = 0; i < 8; i += 1) clients.push(await pair());
  const taken = clients.map(({ ours }) => new Taken(ours));
  const sent = clients.map((_, i) => randomBytes(i < 4 ? 20_000 : 3_000_000));
  await Promise.all(
    clients.map(async ({ peer }, i) => {
      await writeInPieces(peer, sent[i]!, seededRandom(i + 1));
      peer.end();
    }),
  );
  await Promise.all(clients.map(async ({ ours }) => ours.readableEnded || (await once(ours, 'end'))));

  for (const [i, { bytes }] of taken.entries()) expect(bytes.equals(sent[i]!)).toBe(true);
});

test('nothing that is handed on lies in the buffer of the thread', async () => {
  const { ours, peer } = await pair();
  const taken = new Taken(ours);
  peer.write(randomBytes(300));
  await eventually('the short one comes', () => taken.length === 300);
  peer.write(randomBytes(5000));
  await eventually('the longer one comes', () => taken.length === 5300);
  peer.write(randomBytes(2_000_000));
  await eventually('the long one comes', () => taken.length === 2_005_300);

  expect(taken.pieces.filter(({ buffer }) => buffer === reads.shared.buffer)).toEqual([]);
  // So they came by the thread's buffer: the stream gives each read memory of its length.
  expect(taken.pieces[0]!.buffer.byteLength).toBe(4096);
});

test('while reads are long a socket has a buffer of its own: until one is short, or it is closed', async () => {
  const [first, second] = [await pair(), await pair()];
  const [one, two] = [new Taken(first.ours), new Taken(second.ours)];
  first.peer.write(randomBytes(2_000_000));
  second.peer.write(randomBytes(2_000_000));
  await eventually('both have come', () => one.length === 2_000_000 && two.length === 2_000_000);
  // The last read of 2,000,000 bytes may have been a short one.
  const fill = async ({ peer }: Pair, taken: Taken): Promise<void> => {
    const before = taken.length;
    peer.write(randomBytes(LONG));
    await eventually('as much as one read takes', () => taken.length === before + LONG);
  };
  await eventually('both have one', async () => {
    await fill(first, one);
    await fill(second, two);
    return reads.owners === 2;
  });

  const before = one.length;
  first.peer.write('short');
  await eventually('the short one comes', () => one.length === before + 5);
  expect(reads.owners).toBe(1);
  two.read.end();
  one.read.end();
  expect(reads.owners).toBe(0);
});

test('a read that is handed over has a buffer that is read into no more', async () => {
  const { ours, peer } = await pair();
  const taken = new Taken(ours);
  peer.write(randomBytes(4_000_000));
  await eventually('all has come', () => taken.length === 4_000_000);

  const handedOver = taken.pieces.filter(({ length, buffer }) => length >= 8192 && buffer.byteLength === LONG);
  expect(handedOver.length).toBeGreaterThan(10);
  expect(new Set(handedOver.map(({ buffer }) => buffer)).size).toBe(handedOver.length);
});

test('where too many have a buffer of their own the others are copied', async () => {
  for (let i = 0; i < MAX_OWN_CLIENT_BUFFERS; i += 1) expect(reads.addOwner()).toBe(true);
  expect(reads.addOwner()).toBe(false);
  const { ours, peer } = await pair();
  const taken = new Taken(ours);
  const sent = randomBytes(3_000_000);
  peer.write(sent);
  await eventually('all has come', () => taken.length === sent.length);

  expect(taken.bytes.equals(sent)).toBe(true);
  expect(reads.owners).toBe(MAX_OWN_CLIENT_BUFFERS);
  taken.read.end();
  expect(reads.owners).toBe(MAX_OWN_CLIENT_BUFFERS);
});

test('while it is paused nothing comes, nor the end; then all of it', async () => {
  const [first, second] = [await pair(), await pair()];
  const [one, two] = [new Taken(first.ours), new Taken(second.ours)];
  first.peer.write('one ');
  await eventually('the first bytes come', () => one.length === 4);
  first.ours.pause();
  first.peer.end('two');
  await once(first.peer, 'finish');
  second.peer.write('later');
  await eventually('what was sent later comes', () => two.length === 5);
  expect(one.length).toBe(4);
  expect(first.ours.readableEnded).toBe(false);

  first.ours.resume();
  await once(first.ours, 'end');
  expect(one.bytes.toString()).toBe('one two');
});

test('what the stream has read before comes first', async () => {
  const { ours, peer } = await pair();
  ours.pause();
  ours.unshift(Buffer.from('before '));
  const taken = new Taken(ours);
  ours.resume();
  peer.end('and behind');
  await once(ours, 'end');
  expect(taken.bytes.toString()).toBe('before and behind');
});

test.each(['useUserBuffer', 'the fields'])('a Node without %s: the stream reads', async (what) => {
  const { ours, peer } = await pair();
  if (what === 'useUserBuffer') {
    const handle: unknown = Reflect.get(ours, '_handle');
    if (typeof handle !== 'object' || handle === null) throw new Error('a socket has a handle');
    Object.defineProperty(handle, 'useUserBuffer', { value: undefined });
  } else
    for (const symbol of Object.getOwnPropertySymbols(ours))
      if (symbol.description === 'kBufferGen') Reflect.deleteProperty(ours, symbol);
  const taken = new Taken(ours);
  peer.end('by data');
  await once(ours, 'end');
  expect(taken.bytes.toString()).toBe('by data');
  expect(ours.listenerCount('data')).toBe(1);
  taken.read.end();
  expect(reads.owners).toBe(0);
});

test('a socket that is read already is not resumed, and its end comes all the same: behind bytes, and without any', async () => {
  for (const sent of ['', 'bytes']) {
    const { ours, peer } = await pair();
    const taken = new Taken(ours);
    const ended = once(ours, 'end');
    expect(ours.readableFlowing).toBeNull();
    peer.end(sent);
    await ended;
    expect(taken.bytes.toString()).toBe(sent);
  }
});

test('one that was paused is read on', async () => {
  const { ours, peer } = await pair();
  ours.pause();
  const taken = new Taken(ours);
  peer.end('bytes');
  await once(ours, 'end');
  expect(taken.bytes.toString()).toBe('bytes');
});
