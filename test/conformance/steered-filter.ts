/**
 * The origins of a run behind a steered filter: customers to whom an address of the filter's stands for every origin, and a whole
 * `serve` there, which goes to the host that they name, at the port that they have connected to. Hosts of the run are below localhost, which
 * is loopback to it whatever name servers say (RFC 6761 §6.3); its name server knows no other.
 *
 *   this process ─▶ 127.0.0.5:PORT, serve ─▶ 127.0.0.1:PORT, the origin
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { startDnsServer } from '../support/dns-server.ts';
import { startProxy } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';
import type { ListTexts } from './filter.ts';
import { servedLists } from './served-lists.ts';

const STEERED = '127.0.0.5';
/** Of one listener (config/schema.ts). */
const MAX_PORTS = 16;

export class SteeredFilter implements AsyncDisposable {
  readonly #resources = new Resources();

  static async create(ports: readonly number[], texts: ListTexts): Promise<SteeredFilter> {
    const filter = new SteeredFilter();
    try {
      await filter.#begin(ports, texts);
      return filter;
    } catch (error) {
      await filter[Symbol.asyncDispose]();
      throw error;
    }
  }

  async connect(port: number): Promise<Socket> {
    const socket = connect({ port, host: STEERED, noDelay: true, allowHalfOpen: true });
    await once(socket, 'connect');
    return socket;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.end();
  }

  async #begin(ports: readonly number[], texts: ListTexts): Promise<void> {
    const dns = await startDnsServer();
    this.#resources.defer(async () => await dns.close());
    const listeners = inParts(ports, MAX_PORTS).map((part, index) => ({
      name: `steered${index}`,
      mode: 'steered',
      addresses: [`${STEERED}/32`],
      ports: part,
      resolver: [dns.server],
    }));
    const proxy = await startProxy({
      // One address asks for entries of all origins: it looks like a client that searches the list, and would be slowed down.
      config: { listeners, brake: { differentHits: 0 } },
      lists: servedLists(texts),
    });
    this.#resources.defer(async () => await proxy.stop());
  }
}

function inParts<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
}
