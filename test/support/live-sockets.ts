/**
 * How many of the sockets that this process has opened or accepted are still held by somebody, open or not: what a leak of a
 * connection leaves, counted and not weighed. Everything that belongs to a connection holds its socket.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { collectGarbage } from './held-buffers.ts';

const CHANNELS = ['net.client.socket', 'net.server.socket'] as const;

export class LiveSockets implements Disposable {
  #seen: WeakRef<object>[] = [];

  constructor() {
    for (const channel of CHANNELS) subscribe(channel, this.#notice);
  }

  /** Since the start. Collects garbage first. */
  count(): number {
    collectGarbage();
    this.#seen = this.#seen.filter((one) => one.deref() !== undefined);
    return this.#seen.length;
  }

  [Symbol.dispose](): void {
    for (const channel of CHANNELS) unsubscribe(channel, this.#notice);
  }

  readonly #notice = (message: unknown): void => {
    if (
      typeof message === 'object' &&
      message !== null &&
      'socket' in message &&
      typeof message.socket === 'object' &&
      message.socket !== null
    )
      this.#seen.push(new WeakRef(message.socket));
  };
}
