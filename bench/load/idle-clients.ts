/**
 * Many clients that are connected and do nothing: each has had one answer. They come from addresses all over 127.0.0.0/8,
 * because one address has too few ports and the proxy bounds connections per client.
 */
import { connect, type Socket } from 'node:net';

export interface IdleOptions {
  readonly proxyPort: number;
  readonly count: number;
  /** What client `index` sends. */
  readonly request: (index: number) => string;
  /** How its answer must begin, and the text it ends with. */
  readonly begins: string;
  readonly ends: string;
}

const AT_ONCE = 64;
const CLIENTS_PER_ADDRESS = 250;

/** Opens all, then runs `use`; closes all in any case. Throws where a client gets no right answer. */
export async function withIdleClients<T>(options: IdleOptions, use: () => Promise<T>): Promise<T> {
  const sockets: Socket[] = [];
  try {
    for (let first = 0; first < options.count; first += AT_ONCE) {
      const some = Array.from({ length: Math.min(AT_ONCE, options.count - first) }, (_, at) =>
        oneClient(options, first + at, sockets),
      );
      await Promise.all(some);
    }
    const result = await use();
    const gone = sockets.filter(({ destroyed }) => destroyed).length;
    if (gone > 0) throw new Error(`${gone} of ${sockets.length} idle clients were closed`);
    return result;
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

function oneClient({ proxyPort, request, begins, ends }: IdleOptions, index: number, sockets: Socket[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const address = Math.floor(index / CLIENTS_PER_ADDRESS);
    const socket = connect({
      host: '127.0.0.1',
      port: proxyPort,
      localAddress: `127.30.${1 + (address >> 8)}.${1 + (address & 0xff)}`,
    });
    sockets.push(socket);
    let answer = '';
    socket.setEncoding('latin1');
    socket.on('connect', () => socket.write(request(index)));
    socket.on('data', (text: string) => {
      answer += text;
      if (!answer.endsWith(ends)) return;
      if (answer.startsWith(begins)) resolve();
      else reject(new Error(`client ${index} got: ${answer.slice(0, 80)}`));
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`client ${index} was closed`)));
  });
}
