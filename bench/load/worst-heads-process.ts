/**
 * The clients of the scene `worst-heads`, in a process of their own: what they write must not hold up whoever measures.
 * Asked for a wave by a message, it answers when that is over.
 *
 *   message { port, head (base64) } ─▶ all connect ─▶ all send ─▶ each has its answer, or its end ─▶ message 'over'
 */
import { connect } from 'node:net';
import type { Socket } from 'node:net';

const CONNECTIONS = 900;
const OPENED_AT_ONCE = 50;
/** All are one client, and another one than those that are measured. */
const ADDRESS = '127.30.1.1';

process.on('message', ({ port, head }: { readonly port: number; readonly head: string }) => {
  void wave(port, Buffer.from(head, 'base64')).then(() => process.send?.('over'));
});
process.on('disconnect', () => process.exit());

async function wave(port: number, head: Buffer): Promise<void> {
  const clients: Socket[] = [];
  while (clients.length < CONNECTIONS) {
    clients.push(...(await Promise.all(Array.from({ length: OPENED_AT_ONCE }, async () => await connected(port)))));
  }
  await Promise.all(clients.map(async (client) => await answered(client, head)));
}

function connected(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, localAddress: ADDRESS }, () => resolve(socket));
    socket.once('error', reject);
  });
}

function answered(socket: Socket, head: Buffer): Promise<void> {
  return new Promise((resolve) => {
    socket.on('data', () => socket.destroy());
    socket.on('error', () => {});
    socket.on('close', () => resolve());
    socket.write(head);
  });
}
