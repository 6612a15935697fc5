/**
 * Connections of a small server, so many at a time: one more, and the oldest is closed. What is meant takes a moment only, so whoever holds many keeps nobody
 * away. It must not read or write anything.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

export function keepNewest(server: Server, most: number): void {
  /** The oldest first. */
  const open = new Set<Socket>();
  server.on('connection', (socket) => {
    const [oldest] = open;
    if (oldest !== undefined && open.size >= most) {
      // It closes later than this turn, in which more may come.
      open.delete(oldest);
      oldest.destroy();
    }
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
}
