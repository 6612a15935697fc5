/**
 * The guard's own little origin: one page, whose content is the last part of its path. What reaches it has passed through the filter, or
 * nobody stands in between: of pages that are awaited it tells who asked. It must not serve anything else.
 */
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { errnoOf, ListenError } from '../lib/errors.ts';
import { createServer } from '../lib/http.ts';
import { keepNewest } from './newest-connections.ts';
import type { Endpoint } from './settings.ts';

/** A probe needs its own for a moment only. */
const MAX_CONNECTIONS = 256;
const MAX_HEADER_BYTES = 4096;
/** Milliseconds for a request's head, and for all of it. */
const DEADLINES = { headersTimeout: 3000, requestTimeout: 5000, connectionsCheckingInterval: 1000 };
const FIELDS = { 'Content-Type': 'text/plain', 'Cache-Control': 'no-store', Connection: 'close' };

export class Origin {
  readonly #server: Server;
  /** By page: who asked for it; null: nobody yet. Only awaited pages are here. */
  readonly #awaited = new Map<string, Endpoint | null>();

  private constructor() {
    this.#server = createServer({ ...DEADLINES, maxHeaderSize: MAX_HEADER_BYTES }, (request, response) => {
      const [, nonce] = /\/([0-9a-f]{24})$/.exec(request.url ?? '') ?? [];
      const page = nonce ?? '';
      if (this.#awaited.has(page)) this.#awaited.set(page, remoteOf(request.socket));
      response.writeHead(nonce === undefined ? 404 : 200, { ...FIELDS, 'Content-Length': page.length }).end(page);
    });
    keepNewest(this.#server, MAX_CONNECTIONS);
  }

  /** It rejects with a `ListenError`. @param reusePort the filter has the port on all addresses; another guard would be let in too. */
  static async listen(at: Endpoint, reusePort = false): Promise<Origin> {
    const origin = new Origin();
    await listening(origin.#server, { ...at, reusePort }, 'guard.origin');
    return origin;
  }

  get endpoint(): Endpoint {
    const at = this.#server.address();
    return at !== null && typeof at === 'object' ? at : { address: '', port: 0 };
  }

  /** @returns who has asked for the page since this was called; it must be called, once. Null: nobody. */
  await(page: string): () => Endpoint | null {
    this.#awaited.set(page, null);
    return () => {
      const asked = this.#awaited.get(page) ?? null;
      this.#awaited.delete(page);
      return asked;
    };
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

/** @param key of the configuration. */
export async function listening(
  server: Server,
  { address, port, reusePort = false }: Endpoint & { readonly reusePort?: boolean },
  key: string,
): Promise<void> {
  server.listen({ host: address, port, exclusive: true, reusePort });
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new ListenError({ key: `${key}.port`, address, port }, errnoOf(error), { cause: error });
  }
  // From now on an error concerns one accept.
  server.on('error', () => {});
}

function remoteOf({ remoteAddress = '', remotePort = 0 }: Socket): Endpoint {
  return { address: remoteAddress, port: remotePort };
}
