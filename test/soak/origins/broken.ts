/** The origin that breaks its answers: the path says how. What the client must see of each stands beside it. */
import type { Socket } from 'node:net';
import { startCounted } from './echo.ts';
import type { CountedOrigin } from './pages.ts';

export interface Fault {
  /** What the origin does once it has a request head. */
  readonly serve: (socket: Socket) => void;
  /** Final status that the client gets. */
  readonly status: number;
  /** The answer comes whole; otherwise it must end with a reset, so that nobody takes it for whole. */
  readonly whole: boolean;
}

const HEAD = 'HTTP/1.1 200 OK\r\n';
const WHOLE = `${HEAD}Content-Length: 5\r\n\r\nhello`;

export const FAULTS: Readonly<Record<string, Fault>> = {
  reset: { serve: (socket) => void socket.resetAndDestroy(), status: 502, whole: true },
  mute: { serve: (socket) => void socket.end(), status: 502, whole: true },
  garbage: { serve: (socket) => void socket.end('HTTP/1.x 2oo OK\r\nnonsense\r\n\r\n'), status: 502, whole: true },
  'endless-head': { serve: (socket) => void socket.end(`${HEAD}X: ${'x'.repeat(300_000)}`), status: 502, whole: true },
  'endless-interim': {
    serve: (socket) => void socket.end('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(100)),
    status: 502,
    whole: true,
  },
  silent: { serve: () => {}, status: 504, whole: true },
  truncated: { serve: (socket) => void socket.end(`${HEAD}Content-Length: 100\r\n\r\nabc`), status: 200, whole: false },
  'truncated-chunks': {
    serve: (socket) => void socket.end(`${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n5\r\nhe`),
    status: 200,
    whole: false,
  },
  'bad-chunk': {
    serve: (socket) => void socket.end(`${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nx\r\n`),
    status: 200,
    whole: false,
  },
  'reset-inside': {
    serve: (socket) => void socket.write(`${HEAD}Content-Length: 100\r\n\r\nabc`, () => socket.resetAndDestroy()),
    status: 200,
    whole: false,
  },
  stalled: { serve: (socket) => void socket.write(`${HEAD}Content-Length: 100\r\n\r\nabc`), status: 200, whole: false },
  drip: { serve: (socket) => drip(socket, WHOLE), status: 200, whole: true },
  'stray-bytes': {
    serve: (socket) => void socket.write(`${WHOLE}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`),
    status: 200,
    whole: true,
  },
  // Closes a connection that it said it would keep, a moment later: the next request finds it closing.
  hasty: {
    serve: (socket) => void socket.write(WHOLE, () => setTimeout(() => socket.end(), 5)),
    status: 200,
    whole: true,
  },
};

export async function startBroken(): Promise<CountedOrigin> {
  return await startCounted((socket) => {
    let received = '';
    socket.on('end', () => socket.end());
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      const end = received.indexOf('\r\n\r\n');
      if (end < 0) return;
      const name = /^GET \/([a-z-]+)/.exec(received)?.[1] ?? '';
      received = received.slice(end + 4);
      FAULTS[name]?.serve(socket);
    });
  });
}

function drip(socket: Socket, text: string): void {
  let sent = 0;
  const timer = setInterval(() => {
    if (sent < text.length && socket.writable) socket.write(text[sent++]!);
    else clearInterval(timer);
  }, 5);
}
