/**
 * What the bench and the soak of the guard stand on: an origin with one page, a real `serve` on the filter and a real `cleanfeed guard`
 * beside it, with the shipped rules, in a network of namespaces.
 */
import type { Server } from 'node:net';
import { join } from 'node:path';
import { guardedConfig } from '../../test/network/support/inline-filter.ts';
import { ADDRESSES, type InlineNetwork } from '../../test/network/support/inline-network.ts';
import type { Namespace } from '../../test/network/support/namespace.ts';
import { connectFrom, listenOn } from '../../test/network/support/sockets.ts';
import { spawnProxy, type ProxyProcess } from '../../test/support/proxy-process.ts';
import { GuardProcess } from './guard-process.ts';

const CLI = join(import.meta.dirname, '..', '..', 'src', 'cli.ts');
const PORTS = '{ 80, 443 }';
/** As docs/guard.md has them. */
const ACTIONS = {
  open: {
    out: [['nft', 'flush', 'set', 'inet', 'cleanfeed', 'ports']],
    back: [['nft', 'add', 'element', 'inet', 'cleanfeed', 'ports', PORTS]],
  },
  closed: {
    out: [['nft', 'add', 'element', 'inet', 'cleanfeed', 'refused_ports', PORTS]],
    back: [['nft', 'flush', 'set', 'inet', 'cleanfeed', 'refused_ports']],
  },
} as const;
export type Policy = keyof typeof ACTIONS;

/** Answers whatever it is asked, once a connection. */
export async function startPage(origin: Namespace): Promise<Server> {
  const server = await listenOn(origin, { address: ADDRESSES.origin.ipv4, port: 80 });
  server.on('connection', (socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok'));
  });
  return server;
}

export async function startGuarded({ machines: { filter } }: InlineNetwork, policy: Policy): Promise<ProxyProcess> {
  return await spawnProxy({
    under: filter.under,
    reach: async (port) => await connectFrom(filter, { address: '127.0.0.1', port }),
    lists: { own: `${ADDRESSES.origin.ipv4}/listed\n` },
    config: guardedConfig({ actions: ACTIONS[policy] }),
  });
}

export function startGuard({ machines }: InlineNetwork, proxy: ProxyProcess): GuardProcess {
  return new GuardProcess(machines.filter.spawn(process.execPath, CLI, 'guard', '-c', proxy.file('cleanfeed.yaml')));
}
