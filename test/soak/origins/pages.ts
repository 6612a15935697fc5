/**
 * The good origin: bodies by length, in chunks, until the end of the connection; echoes what is posted; WebSocket echo.
 *
 *   /length/TAG/BYTES   /chunked/TAG/BYTES   /close/TAG/BYTES   /echo (when all has come)   /stream (as it comes)
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable, pipeline } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { WebSocketServer } from 'ws';
import { bodyOf } from '../bodies.ts';

export interface CountedOrigin extends AsyncDisposable {
  readonly port: number;
  /** Open connections. */
  connections(): number;
}

const PIECE = 64 * 1024;
/** Longer than the proxy keeps idle connections: which side closes is not left to chance. */
const KEEP_ALIVE_MS = 60_000;

export async function startPages(): Promise<CountedOrigin> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, answer);
  const webSockets = new WebSocketServer({ server });
  webSockets.on('connection', (socket) => {
    socket.on('error', ignore);
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  let open = 0;
  server.on('connection', (socket) => {
    open += 1;
    socket.on('close', () => (open -= 1));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => open,
    [Symbol.asyncDispose]: async () => {
      for (const client of webSockets.clients) client.terminate();
      webSockets.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  request.on('error', ignore);
  response.on('error', ignore);
  const [, kind, tag = '', bytes = '0'] = (request.url ?? '').split('/');
  if (kind === 'stream') return void pipeline(request, response, ignore);
  if (kind === 'echo') return void buffer(request).then((body) => response.end(body), ignore);
  if (kind === 'length') response.setHeader('Content-Length', bytes);
  if (kind === 'close') response.removeHeader('Transfer-Encoding');
  if (kind === 'close') response.setHeader('Connection', 'close');
  if (request.method === 'HEAD') return void response.end();
  pipeline(Readable.from(pieces(tag, Number(bytes))), response, ignore);
}

function* pieces(tag: string, length: number): Generator<Buffer> {
  const period = tag.length + 1;
  const pattern = bodyOf(tag, PIECE + period);
  for (let at = 0; at < length; at += PIECE) {
    const from = at % period;
    yield pattern.subarray(from, from + Math.min(PIECE, length - at));
  }
}

function ignore(): void {
  // A client that leaves is what the soak is about; what must arrive is checked at its end.
}
