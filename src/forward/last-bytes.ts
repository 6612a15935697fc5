/**
 * The last bytes of a connection and its end, in one packet where they fit into one: what Node writes has gone out before it can be
 * told that the end follows, which is a packet more, for the system here and for the client.
 *
 * Node tells nobody the descriptor of a socket, so that goes by the socket's handle, and only where that is as it is known to be;
 * with another Node, and where koffi is not loaded, the bytes are written as all others. It must not be relied upon for anything but time.
 */
import type { Socket } from 'node:net';
import type { NativeSockets } from '../lib/native-sockets.ts';
import { socketHandle } from '../lib/socket-handle.ts';

/**
 * Nothing that was written before may wait in the socket, and the connection is to be closed behind these bytes.
 * @param sockets null: the thread has not loaded them
 * @returns how many bytes have gone out; where it is all of them the end has too, else the rest is still to be written
 */
export function sendLast(socket: Socket, sockets: Pick<NativeSockets, 'sendLast'> | null, bytes: Buffer): number {
  if (sockets === null || socket.writableLength > 0) return 0;
  const descriptor = descriptorOf(socket);
  return descriptor < 0 ? 0 : Math.max(0, sockets.sendLast(descriptor, bytes));
}

/** @returns -1 where it is not to be known, or closed */
export function descriptorOf(socket: Socket): number {
  const handle = socketHandle(socket);
  if (handle === null || !('fd' in handle)) return -1;
  return typeof handle.fd === 'number' ? handle.fd : -1;
}
