/** What the thread asks of a listener, whatever its mode; listener-modes.ts makes them. It must not hold any logic. */
import type { ListenerConfig } from '../config/types.ts';
import type { Endpoint } from '../forward/own-endpoints.ts';
import type { ListenerView } from './worker-context.ts';

export interface ListenAt {
  readonly address: string;
  /** 0: any free one. */
  readonly port: number;
  /** Inherited sockets that listen already: address and port are their own. Empty: none, they are to be opened. */
  readonly descriptors: readonly number[];
  /** Connections to any address come to it, as rules of the system say. */
  readonly isTransparent: boolean;
  /** Configuration key, for the fault. */
  readonly key: string;
}

export interface Listener {
  readonly view: ListenerView;
  /** Where it really listens; null until it does. */
  readonly endpoint: Endpoint | null;
  /** Bytes of datagrams that wait in the kernel: what the system has granted. Of one that takes datagrams. */
  readonly receiveBuffer?: number;
  /**
   * Opens the sockets. `held`: who comes waits until `release`.
   * @throws ListenError; then some may be open until `close`.
   */
  listen(at: ListenAt, held: boolean): Promise<Endpoint>;
  /** Works by this configuration from now on, as far as it is about this listener. Where it is missing, nothing of it is kept. */
  configure?(config: ListenerConfig): Promise<void>;
  /** Serves who was held, and from now on whoever comes. */
  release(): void;
  /** Stops accepting; connections that are open stay, those that were held are let go. */
  close(): void;
}
