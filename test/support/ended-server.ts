/** The end of an HTTP server that a test has started itself. It must not wait for clients: their connections are cut. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { WebSocketServer } from 'ws';

/** `sockets`: what has taken connections over from it. */
export async function endServer(server: Server, sockets: WebSocketServer): Promise<void> {
  for (const socket of sockets.clients) socket.terminate();
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}
