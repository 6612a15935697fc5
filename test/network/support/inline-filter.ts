/** The whole `serve` in transparent mode, on the filter of a test's network, behind the rules that are shipped. */
import { startProxy } from '../../support/proxy-process.ts';
import type { ProxyProcess, ProxySetup } from '../../support/proxy-process.ts';
import { ADDRESSES, type InlineNetwork } from './inline-network.ts';
import { connectFrom } from './sockets.ts';

/** Documentation prefixes are no destinations, unless told. */
const DOCUMENTATION = [
  '192.0.2.0/24',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '198.18.0.0/15',
  '2001:db8::/32',
  '2001:2::/48',
];

export interface FilterSetup {
  readonly source?: 'proxy' | 'client';
  readonly lists?: ProxySetup['lists'];
  readonly listeners?: readonly object[];
  /** Keys of `upstream` beside `allow`. */
  readonly upstream?: object;
  readonly config?: ProxySetup['config'];
  readonly environment?: ProxySetup['environment'];
}

/** The network's rules must have been loaded; nothing is steered to it yet. */
export async function startFilter(network: InlineNetwork, setup: FilterSetup = {}): Promise<ProxyProcess> {
  const { filter } = network.machines;
  const { source = 'proxy', listeners = transparent(source), environment = {} } = setup;
  return await startProxy({
    under: filter.under,
    reach: async (port) => await connectFrom(filter, { address: '127.0.0.1', port }),
    lists: setup.lists ?? {},
    environment,
    config: { listeners, upstream: { allow: DOCUMENTATION, ...setup.upstream }, ...setup.config },
  });
}

function transparent(source: 'proxy' | 'client'): object[] {
  return ['127.0.0.1', '::1'].map((address, index) => ({
    name: index === 0 ? 'inline' : 'inline6',
    mode: 'transparent',
    address,
    port: 8080,
    source,
  }));
}

/** Of a filter with a guard beside it that looks through the listener. @param guard what to do, and how soon. */
export function guardedConfig(guard: object): NonNullable<ProxySetup['config']> {
  return {
    listeners: [{ name: 'inline', mode: 'transparent', address: '127.0.0.1', port: 8080 }],
    admin: { port: 9090 },
    upstream: { allow: ['203.0.113.0/24'] },
    workers: 2,
    guard: {
      origin: { address: ADDRESSES.probeTo.ipv4, port: 80 },
      probes: [{ listener: 'inline', from: ADDRESSES.probeFrom.ipv4 }],
      ...guard,
    },
  };
}
