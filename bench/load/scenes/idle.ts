/** Clients that are connected and do nothing, by what each takes of the proxy's memory. */
import { suspectHost, SUSPECT_HOSTS } from '../../data/url-list.ts';
import { descriptorLimit } from '../descriptors.ts';
import { withIdleClients, type IdleOptions } from '../idle-clients.ts';
import { SMALL_BODY } from '../origin.ts';
import { cleanfeedPeer } from '../peers/cleanfeed.ts';
import { pause } from '../processes.ts';
import { readMemory } from '../process-tree.ts';
import { mainHost } from './checks.ts';
import { small } from './keep-alive.ts';
import type { Figures, Scene, Target } from './scene.ts';

const CLIENTS = 10_000;
/** Two descriptors a tunnel, and some to spare. */
const TUNNELS = Math.min(CLIENTS, Math.floor((descriptorLimit() - 500) / 2));
/** For what accepting them has left behind. */
const SETTLE_MS = 5000;

export const IDLE = 'cleanfeed, many clients';
const ours = cleanfeedPeer({
  name: IDLE,
  note: 'one worker; limits.connections 20,000; CONNECT to the port of the origin allowed',
  workers: 1,
  settings: ({ originPort }) => ({
    limits: { connections: 20_000, connectionsPerClient: 1000 },
    timeouts: { idle: '10m' },
    connect: { ports: [originPort] },
  }),
});

const base = { primary: 'perClientKB', check: small.check, warmUp: small.warmUp } as const;

export const idleClients: Scene = {
  ...base,
  name: 'idle',
  title: `${CLIENTS.toLocaleString('en')} idle keep-alive clients`,
  note: 'Resident memory with the clients, less that before them; each has had an answer of 100 bytes. What the kernel holds for sockets is not in it.',
  setUps: [ours],
  measure: (target) =>
    measureIdle(target, {
      proxyPort: target.proxyPort,
      count: CLIENTS,
      request: () => `GET http://${mainHost(target)}/small HTTP/1.1\r\nHost: ${mainHost(target)}\r\n\r\n`,
      begins: 'HTTP/1.1 200',
      ends: SMALL_BODY,
    }),
};

export const idleTunnels: Scene = {
  ...base,
  name: 'tunnels',
  title: 'idle CONNECT tunnels',
  note: `10,000, or as many as the descriptor limit of the machine lets one process hold. Each has a connection of its own to one of ${SUSPECT_HOSTS.toLocaleString('en')} origins.`,
  setUps: [ours],
  measure: (target) =>
    measureIdle(target, {
      proxyPort: target.proxyPort,
      count: TUNNELS,
      request: (index) => {
        const host = `${suspectHost(index % SUSPECT_HOSTS)}:${target.origin.port}`;
        return `CONNECT ${host} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
      },
      begins: 'HTTP/1.1 200',
      ends: '\r\n\r\n',
    }),
};

async function measureIdle({ pid }: Target, options: IdleOptions): Promise<Figures> {
  const before = readMemory(pid);
  return await withIdleClients(options, async () => {
    await pause(SETTLE_MS);
    const after = readMemory(pid);
    return { perClientKB: (after - before) / 1000 / options.count, clients: options.count, memoryMB: after / 1e6 };
  });
}
