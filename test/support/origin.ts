/**
 * An origin whose every byte a test decides: a TCP server that hands out its connections one by one, in the order in
 * which they came. For answers that no decent server would give.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { SocketReader } from './socket-reader.ts';
import { within } from './within.ts';

export class OriginConnection {
  readonly socket: Socket;
  readonly reader: SocketReader;

  constructor(socket: Socket) {
    this.socket = socket;
    this.reader = new SocketReader(socket);
  }

  /** The next request head, as text, without the empty line. */
  async head(): Promise<string> {
    return (await this.reader.until('\r\n\r\n')).toString('latin1').slice(0, -4);
  }

  send(text: string | Buffer): void {
    this.socket.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text);
  }
}

export interface Origin extends AsyncDisposable {
  readonly port: number;
  /** Connections so far. */
  readonly accepted: number;
  /** The next connection that nobody has taken yet. */
  connection(): Promise<OriginConnection>;
  close(): Promise<void>;
}

/** Serves every connection with `serve` where it is given; otherwise they wait for `connection()`. */
export async function startOrigin(
  serve?: (connection: OriginConnection) => Promise<void>,
  address = '127.0.0.1',
): Promise<Origin> {
  const open = new Set<Socket>();
  const ready: OriginConnection[] = [];
  const waiting: ((connection: OriginConnection) => void)[] = [];
  let accepted = 0;
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    accepted += 1;
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    const connection = new OriginConnection(socket);
    // A client that goes away ends the script of its connection; what matters is asserted by the test.
    if (serve !== undefined) serve(connection).catch(() => socket.destroy());
    else if (waiting.length > 0) waiting.shift()!(connection);
    else ready.push(connection);
  });
  server.listen(0, address);
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of open) socket.destroy();
    await closed;
  };
  return {
    port: (server.address() as AddressInfo).port,
    get accepted() {
      return accepted;
    },
    connection: async () =>
      ready.shift() ?? (await within('a connection to the origin', new Promise((resolve) => waiting.push(resolve)))),
    close,
    [Symbol.asyncDispose]: close,
  };
}
