/**
 * Where the workers listen, for one configuration: inherited sockets of their own, or addresses and ports with `reusePort`.
 *
 * Equal keys mean the same sockets, so that a reload leaves them open. The listener's name is part of it: what is
 * renamed is another listener, with counters of its own. So is its mode: a transparent socket is another one. It must not open a socket.
 */
import { listenPlaces } from '../config/listener-modes.ts';
import type { Config } from '../config/types.ts';
import { CleanfeedError } from '../lib/errors.ts';
import type { CounterSlots } from '../observe/metrics.ts';
import type { EffectiveConfig } from './effective-config.ts';
import type { InheritedSockets } from './inherited-sockets.ts';
import type { ListenSpec } from './messages.ts';
import type { ListenSpecsOf } from './pool-listeners.ts';

/** @returns the specs of every worker. */
export function listenSpecsOf(
  { config, slots }: Pick<EffectiveConfig, 'config' | 'slots'>,
  sockets: InheritedSockets,
): ListenSpecsOf {
  return (worker) => listenSpecs(config, slots, sockets, worker);
}

/** @param worker whose specs. Each worker has as many of the inherited sockets as the others, and from every unit. */
export function listenSpecs(
  config: Config,
  slots: CounterSlots,
  sockets: InheritedSockets,
  worker: number,
): readonly ListenSpec[] {
  return config.listeners.flatMap((listener, index) => {
    const slot = slots.listeners[index];
    if (slot === undefined)
      throw new CleanfeedError('internal', 'counter_slots', `listener ${listener.name} has no counters`);
    const socket = sockets.nameFor(listener);
    const descriptors =
      socket === null ? [] : sockets.descriptors(socket).filter((_, at) => at % config.workers === worker);
    const { mode, name, address, port } = listener;
    const spec = { listener, index, slot, descriptors };
    if (socket !== null) return { key: `${name} ${mode} socket ${socket}`, address, port, ...spec };
    return listenPlaces(listener).map((place) =>
      Object.assign({ key: `${name} ${mode} ${place.address} ${place.port}` }, place, spec),
    );
  });
}
