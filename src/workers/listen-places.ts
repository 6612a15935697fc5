/**
 * Where the workers listen, for one configuration: an inherited socket each, or address and port with `reusePort`.
 *
 * Equal keys mean one and the same socket, so that a reload leaves it open. The listener's name is part of it: what is
 * renamed is another listener, with counters of its own.
 */
import type { Config } from '../config/types.ts';
import type { CounterSlots } from '../observe/metrics.ts';
import type { InheritedSockets } from './inherited-sockets.ts';
import type { ListenPlace } from './messages.ts';

/** `worker`: whose; each has an inherited socket of its own. */
export function listenPlaces(config: Config, slots: CounterSlots, sockets: InheritedSockets, worker: number): readonly ListenPlace[] {
  return config.listeners.map((listener, index) => {
    const socket = sockets.nameFor(listener);
    const fd = socket === null ? null : (sockets.descriptors(socket)[worker] ?? null);
    const where = socket === null ? `${listener.address} ${listener.port}` : `socket ${socket}`;
    return { key: `${listener.name} ${where}`, listener, index, slot: slots.listeners[index]!, port: listener.port, fd };
  });
}
