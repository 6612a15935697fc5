/** The far end of tunnels: sends back what comes, and ends when the other side has ended. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { CountedOrigin } from './pages.ts';

export async function startEcho(): Promise<CountedOrigin> {
  return await startCounted((socket) => void socket.pipe(socket));
}

/** A TCP origin that knows how many connections it has; `serve` is given each. */
export async function startCounted(serve: (socket: Socket) => void): Promise<CountedOrigin> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => {});
    serve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => open.size,
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
