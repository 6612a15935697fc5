/** A port that was free a moment ago, for TCP and UDP, for programs that cannot be asked to choose one themselves. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { errnoOf } from '../../src/lib/errors.ts';

export async function freePort(address = '127.0.0.1'): Promise<number> {
  for (;;) {
    const server = createServer().listen(0, address);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const isFree = await isFreeForUdp(port, address);
    server.close();
    await once(server, 'close');
    if (isFree) return port;
  }
}

/** A resolver elsewhere on the machine may hold hundreds of ports of UDP. */
async function isFreeForUdp(port: number, address: string): Promise<boolean> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  try {
    socket.bind(port, address);
    await once(socket, 'listening');
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EADDRINUSE') return false;
    throw error;
  } finally {
    socket.close();
  }
}
