/**
 * The origins of a run behind a transparent filter: customers who know of no proxy, the rules that are shipped, a whole `serve` on a
 * machine in the path, in a network of namespaces. The origin's machine has the ports of the origins that run here: whatever comes to
 * one goes to the origin, byte for byte.
 *
 *   this process ─ client ─▶ edge ─▶ filter: rules, serve ─▶ 203.0.113.10:PORT ─ this process ─▶ 127.0.0.1:PORT, the origin
 */
import { connect } from 'node:net';
import type { Server, Socket } from 'node:net';
import { startFilter } from '../network/support/inline-filter.ts';
import { ADDRESSES, FAMILIES, InlineNetwork, type Family } from '../network/support/inline-network.ts';
import { hasNetworks, NETWORK_PROGRAMS } from '../network/support/networks.ts';
import { connectFrom, listenOn } from '../network/support/sockets.ts';
import { programPath } from '../support/program-path.ts';
import type { ProxyProcess, ProxySetup } from '../support/proxy-process.ts';
import type { ListTexts } from './filter.ts';
import { servedLists } from './served-lists.ts';

export class TransparentNetwork implements AsyncDisposable {
  readonly #network: InlineNetwork;
  readonly #servers: Server[] = [];
  #filter: ProxyProcess | null = null;

  /** @returns why there can be none; null: there can */
  static whyNot(): string | null {
    const missing = NETWORK_PROGRAMS.filter((name) => programPath(name) === null);
    if (missing.length > 0) return `not installed: ${missing.join(', ')}`;
    return hasNetworks() ? null : 'no network namespaces are to be had (not root?)';
  }

  /** @param config keys of the filter's configuration */
  static async create(
    ports: readonly number[],
    texts: ListTexts,
    config: ProxySetup['config'] = {},
  ): Promise<TransparentNetwork> {
    const setup = new TransparentNetwork(await InlineNetwork.create());
    try {
      await setup.#begin(ports, texts, config);
      return setup;
    } catch (error) {
      await setup[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(network: InlineNetwork) {
    this.#network = network;
  }

  /** A connection of a customer to the origin at this port. Half-open is allowed. */
  async connect(port: number, family: Family = 'ipv4'): Promise<Socket> {
    return await connectFrom(this.#network.machines.client, { address: ADDRESSES.origin[family], port });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#filter?.stop();
    for (const server of this.#servers) server.close();
    await this.#network[Symbol.asyncDispose]();
  }

  async #begin(ports: readonly number[], texts: ListTexts, config: ProxySetup['config']): Promise<void> {
    const { origin, filter } = this.#network.machines;
    for (const port of ports)
      for (const family of FAMILIES) {
        const server = await listenOn(origin, { address: ADDRESSES.origin[family], port });
        server.on('connection', (socket) => relay(socket, port));
        this.#servers.push(server);
      }
    // Closed: nothing reaches an origin but through the filter.
    await this.#network.installRules({ unattended: 'closed' });
    await filter.run('nft', 'add', 'element', 'inet', 'cleanfeed', 'ports', `{ ${ports.join(', ')} }`);
    this.#filter = await startFilter(this.#network, {
      // One address asks for entries of all origins: it looks like a client that searches the list, and would be slowed down.
      config: { brake: { differentHits: 0 }, ...config },
      lists: servedLists(texts),
    });
    await this.#network.steerAll();
  }
}

function relay(socket: Socket, port: number): void {
  const origin = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
  for (const [one, other] of [
    [socket, origin],
    [origin, socket],
  ] as const) {
    one.pipe(other);
    one.on('error', () => other.resetAndDestroy());
    one.on('close', () => other.destroySoon());
  }
}
