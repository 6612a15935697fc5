/**
 * The field: the peers that are on this machine, each with a port of its own and its configuration written; and one of
 * them at a time running on the proxy's cores.
 */
import type { ListedUrl } from '../data/url-list.ts';
import { PROXY_CORE } from './cores.ts';
import type { Origin } from './origin.ts';
import type { Launch, Peer } from './peers/peer.ts';
import { freePort } from './ports.ts';
import { pause, startPinned, untilListening, type RunningProcess } from './processes.ts';
import type { Target } from './scenes/scene.ts';
import type { Workspace } from './workspace.ts';

export interface Entrant {
  readonly peer: Peer;
  readonly version: string;
  readonly port: number;
  readonly adminPort: number;
  readonly launch: Launch;
}

export interface PeerSetup {
  readonly origin: Origin;
  readonly list: readonly ListedUrl[];
  readonly workspace: Workspace;
}

const READY_MS = 120_000;

export async function enter(peer: Peer, version: string, setup: PeerSetup): Promise<Entrant> {
  const { workspace, list, origin } = setup;
  const [port, adminPort] = [await freePort(), await freePort()];
  const launch = peer.prepare({ port, adminPort, originPort: origin.port, list, workspace });
  if (launch.sweep !== undefined) process.on('exit', launch.sweep);
  return { peer, version, port, adminPort, launch };
}

/** Runs `use` with the peer up, and stops the peer whatever happens. `pace`: requests/s for scenes that have one. */
export async function withRunning<T>(
  entrant: Entrant,
  setup: PeerSetup,
  pace: number,
  use: (target: Target) => Promise<T>,
): Promise<T> {
  const { peer, launch, port, adminPort } = entrant;
  launch.sweep?.();
  const logFile = setup.workspace.path(`${peer.name}.log`);
  const { command, user, env } = launch;
  const cores = peer.cores ?? [PROXY_CORE];
  const began = performance.now();
  const running = startPinned({ name: peer.name, cores, command, user, env, logFile });
  try {
    await untilListening(running, port, READY_MS);
    await untilReady(running, launch);
    const readyMs = performance.now() - began;
    return await use({
      proxyPort: port,
      adminPort,
      pid: running.pid,
      cores,
      readyMs,
      pace,
      holdsList: peer.holdsList,
      ...setup,
    });
  } finally {
    await running.stop();
  }
}

async function untilReady(running: RunningProcess, launch: Launch): Promise<void> {
  const deadline = Date.now() + READY_MS;
  while (launch.isReady !== undefined && !(await launch.isReady())) {
    if (running.hasEnded() || Date.now() > deadline)
      throw new Error(`${running.name} is not ready: ${running.lastWords()}`);
    await pause(10);
  }
}
