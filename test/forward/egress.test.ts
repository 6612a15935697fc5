/** From which address, port and mark connections to origins leave. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Egress, type Asker, type EgressOptions } from '../../src/forward/egress.ts';
import { loadNativeSockets, type NativeSockets, type SocketSource } from '../../src/lib/native-sockets.ts';
import { formatAddress } from '../../src/lib/prefix.ts';

const sockets: NativeSockets = (await loadNativeSockets())!;
const asker = (address: string, clientPort = 4000): Asker => ({
  client: { prefix: address, maxConnections: 1, address },
  clientPort,
});

/** Takes notes of what is asked for. */
class Noted implements NativeSockets {
  readonly library = sockets.library;
  readonly asked: { readonly width: number; readonly source: SocketSource | null; readonly mark: number }[] = [];

  bindTransparent(): number {
    throw new Error('nobody listens here');
  }

  outgoing(width: number, source: SocketSource | null, mark: number): number {
    this.asked.push({ width, source, mark });
    throw Object.assign(new Error('noted'), { code: 'EPERM' });
  }

  isTransparent(): boolean {
    return false;
  }

  close(): void {
    throw new Error('nothing was opened');
  }

  unacknowledged(): number {
    throw new Error('nothing was sent');
  }

  sendLast(): number {
    throw new Error('nobody writes here');
  }

  get sources(): string[] {
    return this.asked.map(({ source }) =>
      source === null ? 'any' : `${formatAddress(source.address)} ${source.port}${source.isForeign ? ' foreign' : ''}`,
    );
  }
}

const onread = { buffer: Buffer.alloc(1000), callback: (): boolean => true };

function egress(native: NativeSockets | null, options: Partial<EgressOptions & EgressOptions['upstream']>): Egress {
  const { source = 'proxy', sourceAddresses = [], mark = null } = options;
  return new Egress({
    source,
    upstream: { sourceAddresses, mark },
    native: { sockets: native },
    isOwnAddress: (address) => address === '192.0.2.99',
  });
}

function asks(
  options: Partial<EgressOptions & EgressOptions['upstream']>,
  to: readonly [string, Asker, number][],
): Noted {
  const noted = new Noted();
  const by = egress(noted, options);
  for (const [address, who, attempt] of to) expect(() => by.open(address, 80, who, attempt, onread)).toThrow('noted');
  return noted;
}

test("source: client: the client's own address and port, and no other; a client on this machine has its port itself", () => {
  const { sources } = asks({ source: 'client', sourceAddresses: ['198.51.100.1'] }, [
    ['203.0.113.1', asker('192.0.2.1', 40_000), 0],
    ['2001:db8:4::1', asker('2001:db8:1::1', 1024), 0],
    ['203.0.113.1', asker('192.0.2.99', 5000), 0],
  ]);
  expect(sources).toEqual(['192.0.2.1 40000 foreign', '2001:db8:1::1 1024 foreign', '192.0.2.99 0 foreign']);
  expect(
    egress(null, { source: 'client', sourceAddresses: ['198.51.100.1', '198.51.100.2'] }).sources('203.0.113.1'),
  ).toBe(1);
});

// Was a bug: a balancer's check went out from its own address, where the answer went too, and found the filter dead.
test('source: client: what a balancer asks for itself comes from this machine', () => {
  const balancer = { ...asker('192.0.2.1', 40_000), isBalancers: true };
  expect(asks({ source: 'client' }, [['203.0.113.1', balancer, 0]]).asked).toEqual([
    { width: 4, source: null, mark: 0 },
  ]);
  expect(asks({ source: 'client', sourceAddresses: ['198.51.100.1'] }, [['203.0.113.1', balancer, 0]]).sources).toEqual(
    ['198.51.100.1 0'],
  );
});

test('source: client without a port that is known: nobody else is named in its place', () => {
  const by = egress(new Noted(), { source: 'client' });
  expect(() => by.open('203.0.113.1', 80, asker('192.0.2.1', 0), 0, onread)).toThrow(
    expect.objectContaining({ code: 'EADDRNOTAVAIL' }),
  );
});

test('a pool: one client keeps its address towards an origin, clients and origins spread, the next one where ports are used up', () => {
  const sourceAddresses = ['198.51.100.1', '198.51.100.2', '198.51.100.3', '2001:db8:2::1'];
  const [first, again, next, afterNext, last] = asks({ sourceAddresses }, [
    ['203.0.113.1', asker('192.0.2.1', 1), 0],
    ['203.0.113.1', asker('192.0.2.1', 2), 0],
    ['203.0.113.1', asker('192.0.2.1', 2), 1],
    ['203.0.113.1', asker('192.0.2.1', 2), 2],
    ['2001:db8:4::1', asker('192.0.2.1', 2), 0],
  ]).sources;
  expect([again, last]).toEqual([first, '2001:db8:2::1 0']);
  expect(new Set([first, next, afterNext]).size).toBe(3);
  const many = Array.from({ length: 50 }, (_, i): [string, Asker, number] => ['203.0.113.1', asker(`192.0.2.${i}`), 0]);
  expect(new Set(asks({ sourceAddresses }, many).sources).size).toBe(3);
  const by = egress(null, { sourceAddresses });
  expect([by.sources('203.0.113.1'), by.sources('::1')]).toEqual([3, 1]);
});

test('a pool that has no address of the family: the system chooses; a mark goes with each', () => {
  const { asked } = asks({ sourceAddresses: ['2001:db8:2::1'], mark: 7 }, [['203.0.113.1', asker('192.0.2.1'), 0]]);
  expect(asked).toEqual([{ width: 4, source: null, mark: 7 }]);
});

test('koffi is missing where it is needed: an error, and no connection from elsewhere', () => {
  expect(() => egress(null, { mark: 7 }).open('127.0.0.1', 80, asker('127.0.0.1'), 0, onread)).toThrow(
    expect.objectContaining({ code: 'ENOPKG' }),
  );
});

let server: Server;
let port: number;
beforeEach(async () => {
  server = createServer((socket) => socket.on('error', () => {}).end(`${socket.remoteAddress}`));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  ({ port } = server.address() as AddressInfo);
});
afterEach(() => void server.close());

test.each([
  { sourceAddresses: [], from: '127.0.0.1' },
  { sourceAddresses: ['127.0.0.8'], from: '127.0.0.8' },
])('a connection that is read as every other: $from', async ({ sourceAddresses, from }) => {
  let text = '';
  const reading = {
    buffer: Buffer.alloc(1000),
    callback: (length: number, buffer: Uint8Array): boolean => {
      text += Buffer.from(buffer.subarray(0, length)).toString();
      return true;
    },
  };
  const socket = egress(sockets, { sourceAddresses }).open('127.0.0.1', port, asker('192.0.2.1'), 0, reading);
  await once(socket, 'end');
  socket.destroy();
  expect(text).toBe(from);
});
