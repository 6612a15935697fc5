/**
 * Listeners that another process listens on too. The kernel allows that to processes of one user (`reusePort`) and shares
 * the connections out: two instances may be meant, and a second one that was started by mistake shows nowhere else.
 * It must not keep the instance from starting.
 */
import { listeningSockets } from './listening-sockets.ts';
import { parseIpAddress } from '../lib/prefix.ts';
import type { Log } from '../observe/log.ts';
import type { ListenSpec } from './messages.ts';

/** It must be asked before the own listeners are open. Sockets that were handed over belong to the service manager. */
export async function sharedListeners(specs: readonly ListenSpec[]): Promise<readonly ListenSpec[]> {
  const others = await listeningSockets();
  return specs.filter(({ descriptors, port, address: text }) => {
    const address = parseIpAddress(text);
    return (
      descriptors.length === 0 &&
      address !== null &&
      others.some((other) => other.port === port && (covers(other.address, address) || covers(address, other.address)))
    );
  });
}

/** It warns of each of them, once they are open: where the kernel refuses the port, nothing is shared. */
export function logShared(log: Log, shared: readonly ListenSpec[]): void {
  for (const { listener, address, port } of shared)
    log.event('warn', 'listener.shared', { listener: listener.name, address, port });
}

/** `::` takes IPv4 too. */
function covers(a: Uint8Array, b: Uint8Array): boolean {
  if (a.every((byte) => byte === 0)) return a.length === 16 || b.length === 4;
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
