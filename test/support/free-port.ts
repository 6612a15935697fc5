/** A port that was free a moment ago, for TCP and UDP, for programs that cannot be asked to choose one themselves. */
import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { errnoOf } from '../../src/lib/errors.ts';

/** Below those that Linux gives to outgoing connections (32,768 to 60,999): one of them could take it before the program does. */
const FIRST = 10_000;
const END = 32_768;

export async function freePort(address = '127.0.0.1'): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST, END);
    if ((await isFreeForTcp(port, address)) && (await isFreeForUdp(port, address))) return port;
  }
}

async function isFreeForTcp(port: number, address: string): Promise<boolean> {
  const server = createServer();
  return await canListen(server, () => server.listen(port, address));
}

/** A resolver elsewhere on the machine may hold hundreds of ports of UDP. */
async function isFreeForUdp(port: number, address: string): Promise<boolean> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  return await canListen(socket, () => socket.bind(port, address));
}

async function canListen(socket: Server | Socket, listen: () => void): Promise<boolean> {
  try {
    listen();
    await once(socket, 'listening');
  } catch (error) {
    socket.close();
    if (errnoOf(error) === 'EADDRINUSE') return false;
    throw error;
  }
  socket.close();
  await once(socket, 'close');
  return true;
}
