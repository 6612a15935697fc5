/** Sockets that Node cannot make, made and given to Node; in another thread too, and nothing left where they cannot be had. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect, createServer, Socket, type AddressInfo, type Server } from 'node:net';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import koffi from 'koffi';
import { descriptorOf } from '../../src/forward/last-bytes.ts';
import { loadNativeSockets, type NativeSockets } from '../../src/lib/native-sockets.ts';
import { parseIpAddress } from '../../src/lib/prefix.ts';
import { testAsRoot } from '../support/programs.ts';

const run = promisify(execFile);
const sockets: NativeSockets = (await loadNativeSockets())!;
const bytes = (text: string): Uint8Array => parseIpAddress(text)!;

let server: Server;
let port: number;
beforeEach(async () => {
  server = createServer((socket) => socket.on('error', () => {}).end(`${socket.remoteAddress} ${socket.remotePort}`));
  await once(server.listen(0, '::'), 'listening');
  ({ port } = server.address() as AddressInfo);
});
afterEach(() => void server.close());

/** @returns whom the server saw. */
async function seen(descriptor: number, address: string): Promise<string> {
  const socket = new Socket({ fd: descriptor, allowHalfOpen: true });
  socket.connect(port, address);
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  socket.destroy();
  return text.replace('::ffff:', '');
}

const getsockopt = koffi.load(null).func('int getsockopt(int, int, int, _Out_ int *, _Inout_ uint32_t *)') as (
  ...given: unknown[]
) => number;

/** TCP_NODELAY, as the system has it. */
function isWithoutDelay(socket: Socket): boolean {
  const [IPPROTO_TCP, TCP_NODELAY] = [6, 1];
  const value = [-1];
  expect(getsockopt(descriptorOf(socket), IPPROTO_TCP, TCP_NODELAY, value, [4])).toBe(0);
  return value[0] === 1;
}

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

describe('an outgoing socket', () => {
  test.each([
    { from: '127.0.0.5', to: '127.0.0.1' },
    { from: '::1', to: '::1' },
  ])('comes from the address that is asked for, and from a port that is free: $from', async ({ from, to }) => {
    const source = { address: bytes(from), port: 0, isForeign: false };
    expect(await seen(sockets.outgoing(source.address.length, source, 0), to)).toMatch(new RegExp(`^${from} [1-9]`));
  });

  test('has no source unless told', async () => {
    expect(await seen(sockets.outgoing(4, null, 0), '127.0.0.1')).toMatch(/^127\.0\.0\.1 /);
  });

  test('one port goes to several destinations at once, though a listener of ours has it on all addresses', async () => {
    const { port: taken } = server.address() as AddressInfo;
    const other = createServer().listen({ port: 0, host: '127.0.0.1' });
    await once(other, 'listening');
    const own = createServer().listen({ port: 0, host: '0.0.0.0', reusePort: true });
    await once(own, 'listening');
    const source = { address: bytes('127.0.0.6'), port: (own.address() as AddressInfo).port, isForeign: false };
    const open = await Promise.all(
      [taken, (other.address() as AddressInfo).port].map(async (to) => {
        const socket = new Socket({ fd: sockets.outgoing(4, source, 0) });
        await once(socket.connect(to, '127.0.0.1'), 'connect');
        return socket;
      }),
    );
    expect(open.map(({ localPort }) => localPort)).toEqual([source.port, source.port]);
    for (const socket of open) socket.destroy();
    other.close();
    own.close();
  });

  test('that cannot be had leaves nothing open, and says why', () => {
    const before = openDescriptors();
    const source = { address: bytes('198.51.100.1'), port: 0, isForeign: false };
    expect(() => sockets.outgoing(4, source, 0)).toThrow(expect.objectContaining({ code: 'EADDRNOTAVAIL' }));
    expect(openDescriptors()).toBe(before);
  });

  testAsRoot('a foreign source, a mark')('a foreign source is bound, and a mark is set', () => {
    const source = { address: bytes('198.51.100.1'), port: 4000, isForeign: true };
    const descriptor = sockets.outgoing(4, source, 0xffff_ffff);
    expect(sockets.isTransparent(descriptor)).toBe(true);
    sockets.close(descriptor);
  });
});

describe('a transparent socket', () => {
  testAsRoot('transparent sockets').each(['127.0.0.1', '::1', '0.0.0.0', '::'])(
    'listens on %s, several on one port',
    async (address) => {
      const listening = async (wanted: number): Promise<Server> => {
        const descriptor = sockets.bindTransparent(address === '::' ? new Uint8Array(16) : bytes(address), wanted);
        expect(sockets.isTransparent(descriptor)).toBe(true);
        const listener = createServer((socket) => socket.end('hello'));
        await once(listener.listen({ fd: descriptor }), 'listening');
        return listener;
      };
      const first = await listening(0);
      const { port: chosen } = first.address() as AddressInfo;
      const second = await listening(chosen);
      const client = connect(chosen, address.includes(':') ? '::1' : '127.0.0.1');
      const [hello]: unknown[] = await once(client, 'data');
      expect(String(hello)).toBe('hello');
      client.destroy();
      for (const listener of [first, second]) listener.close();
    },
  );

  testAsRoot('transparent sockets')('what it accepts sends at once, though nobody asks for it', async () => {
    const listener = createServer().listen({ fd: sockets.bindTransparent(bytes('127.0.0.1'), 0) });
    await once(listener, 'listening');
    const client = connect((listener.address() as AddressInfo).port, '127.0.0.1');
    const [accepted] = (await once(listener, 'connection')) as [Socket];
    expect([isWithoutDelay(accepted), isWithoutDelay(client)]).toEqual([true, false]);
    accepted.destroy();
    client.destroy();
    listener.close();
  });

  test('an ordinary one is none', () => {
    const descriptor = sockets.outgoing(4, null, 0);
    expect(sockets.isTransparent(descriptor)).toBe(false);
    sockets.close(descriptor);
  });
});

test('another thread makes them from the library that the main thread holds, whose file has gone', async () => {
  const module = JSON.stringify(new URL('../../src/lib/native-sockets.ts', import.meta.url).href);
  const thread = `
    import { parentPort, workerData } from 'node:worker_threads';
    import { nativeSocketsFrom } from ${module};
    const sockets = nativeSocketsFrom(workerData);
    const descriptor = sockets.outgoing(4, null, 0);
    sockets.close(descriptor);
    parentPort.postMessage(descriptor > 2);`;
  const program = `
    import { once } from 'node:events';
    import { readlinkSync } from 'node:fs';
    import { Worker } from 'node:worker_threads';
    import { loadNativeSockets } from ${module};
    const { library } = await loadNativeSockets();
    const url = new URL('data:text/javascript,' + encodeURIComponent(${JSON.stringify(thread)}));
    for (let i = 0; i < 2; i++) {
      const worker = new Worker(url, { workerData: library });
      console.log(...(await once(worker, 'message')), / \\(deleted\\)$/.test(readlinkSync(library)));
      await worker.terminate();
    }`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program]);
  expect(stdout).toBe('true true\ntrue true\n');
});
