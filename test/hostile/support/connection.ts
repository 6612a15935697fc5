/** One raw TCP connection as a test sees it: exact bytes both ways, and how it ended. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { Changes } from './changes.ts';

export type Ending = 'end' | 'reset';

export class Connection {
  readonly socket: Socket;
  /** Everything received, one char a byte. */
  received = '';
  /** Null while the other side may still send. */
  ending: Ending | null = null;
  /** Both directions are closed. */
  closed = false;
  readonly #changes = new Changes();

  constructor(socket: Socket) {
    this.socket = socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#change(() => void (this.received += chunk.toString('latin1'))));
    socket.on('end', () => this.#change(() => void (this.ending ??= 'end')));
    socket.on('error', () => this.#change(() => void (this.ending ??= 'reset')));
    socket.on('close', () => this.#change(() => void (this.closed = true)));
  }

  send(bytes: string | Uint8Array): this {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
    return this;
  }

  /** Resolves once the condition holds. */
  async until(holds: (connection: this) => boolean): Promise<this> {
    await this.#changes.until(
      () => holds(this),
      () =>
        `${this.received.length} bytes, at last ${JSON.stringify(this.received.slice(-200))}, ending: ${this.ending}`,
    );
    return this;
  }

  /** Waits until what was received contains `text` (`times` times). */
  async has(text: string, times = 1): Promise<this> {
    return await this.until(({ received }) => received.split(text).length > times);
  }

  /** Waits for the other side's FIN or RST. */
  async over(): Promise<this> {
    return await this.until(({ ending, closed }) => ending !== null || closed);
  }

  end(bytes = ''): void {
    this.socket.end(Buffer.from(bytes, 'latin1'));
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }

  destroy(): void {
    this.socket.destroy();
  }

  #change(apply: () => void): void {
    apply();
    this.#changes.tell();
  }
}

/** Half-open is allowed: the test decides when its side ends. */
export async function open(port: number, host = '127.0.0.1', localAddress?: string): Promise<Connection> {
  const socket = connect({ port, host, allowHalfOpen: true, ...(localAddress === undefined ? {} : { localAddress }) });
  const connection = new Connection(socket);
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return connection;
}

/** One turn of the event loop with its reads: what was written before has been seen by the other side in this process. */
export async function turn(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Sends the pieces as separate segments. */
export async function sendPieces(connection: Connection, pieces: readonly string[]): Promise<void> {
  for (const piece of pieces) {
    if (connection.ending !== null) return;
    connection.send(piece);
    await turn();
    await turn();
  }
}

/** Sends everything, waits for the end of the connection, closes; returns all that came. */
export async function tell(port: number, bytes: string): Promise<Connection> {
  const connection = await open(port);
  await connection.send(bytes).over();
  connection.destroy();
  return connection;
}

/** Status codes of the answers in what was received, interim ones included; bodies must not look like status lines. */
export function statuses(received: string): number[] {
  return [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}
