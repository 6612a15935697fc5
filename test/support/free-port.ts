/** A port that was free a moment ago, for TCP and UDP, for programs that cannot be asked to choose one themselves. */
import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { errnoOf } from '../../src/lib/errors.ts';

/**
 * Below those that Linux gives to outgoing connections (32,768 to 60,999): one of them could take it before the program does. Resolvers
 * that choose the ports of their questions themselves are told to leave them alone.
 */
export const FREE_PORTS = { first: 10_000, end: 32_768 } as const;
const { first: FIRST, end: END } = FREE_PORTS;
/** Jest's workers draw from a part each: a port that is free and not yet used is in nobody's way but a second one's that draws it. */
const PARTS = 8;
const PART = Number(process.env['JEST_WORKER_ID'] ?? 0) % PARTS;
/** `fetch` and browsers refuse it (Fetch Standard, port blocking); it is the only one of theirs from FIRST to END. */
const BLOCKED_BY_FETCH = 10_080;

// The start is random, as more than one run may be on the machine; from there one after another, so that none is given twice.
let drawn = randomInt(END - FIRST);

export async function freePort(address = '127.0.0.1'): Promise<number> {
  for (;;) {
    const port = next();
    if (port === BLOCKED_BY_FETCH) continue;
    if ((await isFreeForTcp(port, address)) && (await isFreeForUdp(port, address))) return port;
  }
}

function next(): number {
  const perPart = Math.floor((END - FIRST) / PARTS);
  drawn = (drawn + 1) % perPart;
  return FIRST + PART * perPart + drawn;
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
