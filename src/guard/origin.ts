/**
 * The guard's own little origin: one page, whose content is the last part of its path. What reaches it has passed through the filter, or
 * nobody stands in between: it knows who is connected to it. It must not serve anything else.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { errnoOf, ListenError } from '../lib/errors.ts';
import { parseIpAddress } from '../lib/prefix.ts';
import type { Endpoint } from './settings.ts';

const MAX_CONNECTIONS = 256;
const MAX_HEADER_BYTES = 4096;
/** Milliseconds for a request's head, and for all of it. */
const DEADLINES = { headersTimeout: 3000, requestTimeout: 5000, connectionsCheckingInterval: 1000 };
const FIELDS = { 'Content-Type': 'text/plain', 'Cache-Control': 'no-store', Connection: 'close' };

export class Origin {
  readonly #server: Server;
  readonly #open = new Set<Socket>();

  private constructor() {
    this.#server = createServer({ ...DEADLINES, maxHeaderSize: MAX_HEADER_BYTES }, (request, response) => {
      const [, nonce] = /\/([0-9a-f]{24})$/.exec(request.url ?? '') ?? [];
      const page = nonce ?? '';
      response.writeHead(nonce === undefined ? 404 : 200, { ...FIELDS, 'Content-Length': page.length }).end(page);
    });
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.on('connection', (socket: Socket) => {
      this.#open.add(socket);
      socket.on('close', () => this.#open.delete(socket));
    });
  }

  /** It rejects with a `ListenError`. */
  static async listen(at: Endpoint): Promise<Origin> {
    const origin = new Origin();
    await listening(origin.#server, at, 'guard.origin');
    return origin;
  }

  get endpoint(): Endpoint {
    const at = this.#server.address();
    return at !== null && typeof at === 'object' ? at : { address: '', port: 0 };
  }

  /** Whether a connection that began at this address and port has arrived here. */
  hasConnectionFrom({ address, port }: Endpoint): boolean {
    const from = parseIpAddress(address);
    for (const { remoteAddress, remotePort } of this.#open)
      if (remotePort === port && sameAddress(parseIpAddress(remoteAddress ?? ''), from)) return true;
    return false;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

/** @param key of the configuration. */
export async function listening(server: Server, { address, port }: Endpoint, key: string): Promise<void> {
  server.listen({ host: address, port, exclusive: true });
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new ListenError({ key: `${key}.port`, address, port }, errnoOf(error), { cause: error });
  }
  // From now on an error concerns one accept.
  server.on('error', () => {});
}

function sameAddress(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a !== null && b !== null && Buffer.compare(a, b) === 0;
}
