/**
 * Ports for the demo: any free port where another program (Squid at 3128, Prometheus at 9090) has the usual one.
 * It must not be used for a configuration that customers rely on: they would not find the proxy.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Config } from '../config/types.ts';
import { endpoint, errnoOf } from '../lib/errors.ts';

interface Place {
  readonly address: string;
  readonly port: number;
}

interface NamedPlace extends Place {
  /** The key that says so. */
  readonly key: string;
}

/** @returns the places of a demo's configuration that another program has. */
export async function takenPlaces(config: Config): Promise<readonly NamedPlace[]> {
  const places = [
    ...config.listeners.map(({ address, port }, i) => ({ address, port, key: `listeners[${i}].port` })),
    { address: config.admin.address, port: config.admin.port, key: 'admin.port' },
    ...(config.demo === null ? [] : [{ ...config.demo.origin, key: 'demo.origin.port' }]),
  ];
  const taken = await Promise.all(places.map(isTaken));
  return places.filter((_, i) => taken[i]);
}

/** @returns the configuration with port 0 (any free port) for each taken place. */
export function withoutPlaces(config: Config, taken: readonly Place[]): Config {
  const freed = <Where extends Place>(where: Where): Where =>
    taken.some(({ address, port }) => address === where.address && port === where.port) ? { ...where, port: 0 } : where;
  const { listeners, admin, demo } = config;
  return {
    ...config,
    listeners: listeners.map(freed),
    admin: freed(admin),
    demo: demo === null ? null : { ...demo, origin: freed(demo.origin) },
  };
}

export function takenText({ address, port, key }: NamedPlace): string {
  return `${endpoint(address, port)} is in use, so that the demo takes a free port (${key} of its configuration chooses another)`;
}

/** A socket of its own that shares its port with nobody: another demo's would share it. */
async function isTaken({ address, port }: Place): Promise<boolean> {
  if (port === 0) return false;
  const server = createServer();
  try {
    server.listen({ host: address, port, exclusive: true });
    await once(server, 'listening');
  } catch (error) {
    return errnoOf(error) === 'EADDRINUSE';
  }
  server.close();
  await once(server, 'close');
  return false;
}
