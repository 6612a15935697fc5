/**
 * An origin that answers before it has read the body, and reads on, where its connections come from the client's own port (requirements 61, 78): the next
 * request needs that port, and what is still on its way of the body arrives all the same.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Socket } from 'node:net';
import { eventually } from '../support/eventually.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';
import { SocketReader } from '../support/socket-reader.ts';
import { startFilter } from './support/inline-filter.ts';
import { ADDRESSES, InlineNetwork } from './support/inline-network.ts';
import { describeNetwork } from './support/programs.ts';
import { connectFrom, listenOn } from './support/sockets.ts';

const BODY = 'x'.repeat(300_000);
const HEAD = `POST /upload HTTP/1.1\r\nHost: listed.example\r\nContent-Length: ${BODY.length}\r\n\r\n`;
const GET = 'GET / HTTP/1.1\r\nHost: a.example\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const ORIGIN = { address: ADDRESSES.origin.ipv4, port: 80 };

describeNetwork()('source: client', () => {
  const resources = new Resources();
  let network: InlineNetwork;
  let filter: ProxyProcess;
  const arrived: { readonly socket: Socket; readonly port: number | undefined; received: string }[] = [];

  beforeAll(async () => {
    network = resources.use(await InlineNetwork.create());
    const server = await listenOn(network.machines.origin, ORIGIN);
    server.on('connection', (socket) => arrived.push({ socket, port: socket.remotePort, received: '' }));
    resources.defer(async () => await Promise.resolve(void server.close()));
    await network.installRules();
    filter = resources.use(
      await startFilter(network, { source: 'client', lists: { own: 'http://listed.example/page?*\n' } }),
    );
    await network.steer({ returns: true });
  });
  afterAll(async () => {
    for (const { socket } of arrived) socket.destroy();
    await resources.end();
  });

  /** Piece by piece, as a program does that has something to do with each. */
  function readSlowly(connection: (typeof arrived)[number]): void {
    connection.socket
      .on('error', () => {})
      .on('data', (piece: Buffer) => {
        connection.received += piece.toString('latin1');
        connection.socket.pause();
        setTimeout(() => connection.socket.resume(), 2);
      });
  }

  test('a body that the origin reads behind its answer arrives whole, and the next request comes on another connection from the same port', async () => {
    const client = await connectFrom(network.machines.client, ORIGIN);
    const reader = new SocketReader(client);
    client.write(HEAD + BODY);
    const first = await eventually('the origin is asked', () => arrived[0]);
    const sent = async (): Promise<number> =>
      (await filter.metrics()).get('cleanfeed_bytes_total{direction="upstream_out"}') ?? 0;
    await eventually('the whole request is with the system', async () => (await sent()) >= HEAD.length + BODY.length);
    first!.socket.write(OK);
    expect(String(await reader.until('ok'))).toBe(OK);
    readSlowly(first!);
    client.write(GET);
    const second = await eventually('another connection', () => arrived[1]);
    expect(second!.port).toBe(first!.port);
    await eventually('all of the body', () => first!.received.length === HEAD.length + BODY.length);
    expect(first!.received === HEAD + BODY).toBe(true);
    readSlowly(second!);
    await eventually('the next request', () => second!.received === GET);
    second!.socket.write(OK);
    expect(String(await reader.until('ok'))).toBe(OK);
    client.destroy();
  });
});
