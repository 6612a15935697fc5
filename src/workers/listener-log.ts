/** Says in the log which listeners have opened, which of them have less room in the kernel than they should, and which are no more. It must not name one twice. */
import type { ListenerStatus } from '../observe/control-view.ts';
import type { Log } from '../observe/log.ts';

export class ListenerLog {
  readonly #log: Log;
  #said: ReadonlyMap<string, ListenerStatus> = new Map();

  constructor(log: Log) {
    this.#log = log;
  }

  /** @param listeners all that are open now. */
  update(listeners: readonly ListenerStatus[]): void {
    const open = new Map(
      listeners.map((listener) => [`${listener.name} ${listener.mode} ${listener.address} ${listener.port}`, listener]),
    );
    for (const [key, { name, mode, address, port, receiveBuffer }] of open) {
      if (this.#said.has(key)) continue;
      this.#log.event('info', 'listener.opened', { listener: name, mode, address, port: port ?? 0 });
      if (receiveBuffer !== undefined && receiveBuffer.granted < receiveBuffer.wanted)
        this.#log.event('warn', 'listener.small_buffer', { listener: name, ...receiveBuffer });
    }
    // Another of the same name may have opened just now.
    for (const [key, { name, mode, address, port }] of this.#said)
      if (!open.has(key))
        this.#log.event('info', 'listener.closed', { listener: name, mode, address, port: port ?? 0 });
    this.#said = open;
  }
}
