/**
 * Through a whole `serve` on a transparent listener, with the rules that are shipped, in a network of namespaces: this process is the
 * customer and the origin, on a machine of its own each. One filter serves all suites of a file, with the lists of all.
 *
 *   a destination that some entry names    origin, which stands for the 127.0.0.1 of the lists
 *   one that none names                    origin2
 */
import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { startFilter } from '../../network/support/inline-filter.ts';
import { ADDRESSES, InlineNetwork } from '../../network/support/inline-network.ts';
import { connectFrom, listenOn } from '../../network/support/sockets.ts';
import { eventually } from '../../support/eventually.ts';
import type { ProxyProcess } from '../../support/proxy-process.ts';
import { Resources } from '../../support/resources.ts';
import { Connection } from '../support/connection.ts';
import { Upstream } from '../support/upstream.ts';
import type { Intercepted, Way } from './way.ts';

/** How the lists of the cases call where the client has connected to. */
const DESTINATION = '127.0.0.1';
const LISTED = ADDRESSES.origin.ipv4;
const UNLISTED = ADDRESSES.origin2.ipv4;
const PORT = 80;

/** Called once, in the outermost `describe` of a file. */
export function transparentWay(): Way {
  const resources = new Resources();
  const lines = new Set<string>();
  const upstreams: Readonly<Record<string, Upstream>> = { [LISTED]: new Upstream(), [UNLISTED]: new Upstream() };
  const state: { network?: InlineNetwork; filter?: ProxyProcess } = {};

  beforeAll(async () => {
    const network = resources.use(await InlineNetwork.create());
    for (const [address, upstream] of Object.entries(upstreams)) {
      const server = await listenOn(network.machines.origin, { address, port: PORT });
      upstream.takesFrom(server);
      resources.defer(async () => {
        server.close();
        await upstream.close();
      });
    }
    await network.installRules({ unattended: 'closed' });
    state.network = network;
    state.filter = resources.use(await startFilter(network, { lists: { own: [...lines, ''].join('\n') } }));
    await network.steer();
  });
  afterAll(async () => await resources.end());

  return ({ list = '', ...others }) => {
    if (Object.keys(others).length > 0) throw new Error('one filter serves all: it has one configuration');
    const address = list.includes(DESTINATION) ? LISTED : UNLISTED;
    for (const line of list.replaceAll(DESTINATION, LISTED).split('\n')) lines.add(line);
    return interceptedAt(address, upstreams[address]!, state);
  };
}

function interceptedAt(
  address: string,
  upstream: Upstream,
  state: { readonly network?: InlineNetwork; readonly filter?: ProxyProcess },
): Intercepted {
  const clients: Connection[] = [];
  const total = async (name: RegExp): Promise<number> =>
    [...(await state.filter!.metrics())].reduce((sum, [sample, value]) => (name.test(sample) ? sum + value : sum), 0);
  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await eventually('no client connection is left', async () => (await total(/^cleanfeed_connections\{/)) === 0);
    // It is the origin of other suites too.
    for (const connection of upstream.connections) connection.destroy();
    await upstream.until(({ connections }) => connections.every(({ closed }) => closed));
    upstream.forget();
    upstream.reset();
  });
  return {
    upstream,
    hasDestination: true,
    client: async () => {
      const client = new Connection(await connectFrom(state.network!.machines.client, { address, port: PORT }));
      clients.push(client);
      return client;
    },
    verdicts: async (name) => await total(new RegExp(`^cleanfeed_requests_total\\{.*verdict="${name}"`)),
  };
}
