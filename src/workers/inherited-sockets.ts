/**
 * Listening sockets that the service manager opened for us (sd_listen_fds(3)): they outlive this process, so that a restart
 * refuses nobody.
 *
 *   LISTEN_FDS=2 LISTEN_FDNAMES=explicit:explicit ──▶ descriptors 3 and 4, both named explicit ──▶ one a worker
 *
 * Threads that listened on one descriptor would share it, and the end of one would close it for all: so each worker needs
 * sockets of its own (ReusePort=yes), and must get duplicates of them, the originals staying with us. It may have several,
 * since it accepts one connection a socket at a time. It must not close a descriptor that it was handed.
 */
import type { Config, ListenerConfig } from '../config/types.ts';

/** SD_LISTEN_FDS_START */
const FIRST_DESCRIPTOR = 3;
const MAX_DESCRIPTORS = 4096;
/** What systemd calls a socket without FileDescriptorName= when it is not activated by a unit. */
const UNNAMED = 'unknown';

const OPENS_ITSELF =
  'a listener of mode dns opens its sockets itself: give it address and port, and leave it out of the .socket unit';

type Environment = Record<string, string | undefined>;

export class InheritedSockets {
  static readonly NONE = new InheritedSockets(new Map());
  readonly #byName: ReadonlyMap<string, readonly number[]>;

  constructor(byName: ReadonlyMap<string, readonly number[]>) {
    this.#byName = byName;
  }

  get isEmpty(): boolean {
    return this.#byName.size === 0;
  }

  /** @returns the name of the sockets that replace the listener's address; null if there are none. */
  nameFor({ name, socket }: ListenerConfig): string | null {
    return socket ?? (this.#byName.has(name) ? name : null);
  }

  /** @returns them in the order in which they were handed over. */
  descriptors(name: string): readonly number[] {
    return this.#byName.get(name) ?? [];
  }

  /** @returns why this configuration cannot be run with these sockets, in words that name keys; empty if it can. */
  faults({ listeners, workers }: Config): string[] {
    const used = listeners.map((listener) => this.nameFor(listener));
    const wrong = listeners.flatMap((_, index) => {
      const name = used[index] ?? null;
      const isOfNames = listeners[index]?.mode === 'dns';
      const reason = name === null ? null : isOfNames ? OPENS_ITSELF : this.#fault(name, workers);
      return reason === null ? [] : [`listeners[${index}].socket: ${reason}`];
    });
    const unused = [...this.#byName.keys()].filter((name) => !used.includes(name));
    return wrong.concat(
      unused.map(
        (name) =>
          `listeners: the service manager passed a socket named '${name}' that no listener uses: connections to it would never be accepted; rename a listener, or set socket: ${name} in one`,
      ),
    );
  }

  #fault(name: string, workers: number): string | null {
    const { length } = this.descriptors(name);
    if (length === 0)
      return `the service manager passed no socket named '${name}'${this.isEmpty ? ' (and no other: was this started by a .socket unit?)' : `; there are: ${[...this.#byName.keys()].join(', ')}`}`;
    const have = `the service manager passed ${length} ${length === 1 ? 'socket' : 'sockets'} named '${name}', and there are ${workers} workers`;
    if (length < workers)
      return `${have}: each worker needs at least one (as many .socket units with FileDescriptorName=${name} and ReusePort=yes), or set workers: ${length}`;
    return length % workers === 0
      ? null
      : `${have}: each worker must have the same number; set workers to a divisor of ${length}`;
  }
}

/** It takes them from the environment, if they are for this process, and clears it, so that no child takes them for its own. */
export function takeInheritedSockets(environment: Environment, pid: number): InheritedSockets {
  const { LISTEN_PID: forPid, LISTEN_FDS: count, LISTEN_FDNAMES: names } = environment;
  for (const key of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES', 'LISTEN_PIDFDID']) delete environment[key];
  const descriptors =
    forPid === String(pid) && /^\d{1,4}$/.test(count ?? '') ? Math.min(Number(count), MAX_DESCRIPTORS) : 0;
  const byName = new Map<string, number[]>();
  const named = (names ?? '').split(':');
  for (let i = 0; i < descriptors; i++) {
    const name = named[i] || UNNAMED;
    byName.set(name, [...(byName.get(name) ?? []), FIRST_DESCRIPTOR + i]);
  }
  return new InheritedSockets(byName);
}
