/**
 * Inside CONNECT everything goes to the host and port that CONNECT has named, whatever is said in there.
 * It must not go to a host that is only named inside.
 */
import type { ListenerConfig } from '../../config/types.ts';
import type { ConnectDone } from '../../forward/connector.ts';
import type { Origin } from '../../match/host-facts.ts';
import type { ConnectionHost } from '../connection-part.ts';
import type { WorkerContext } from '../worker-context.ts';
import type { OriginSide } from './origin-side.ts';
import { isTlsPort, unreadAt } from './unread-at.ts';

export class ConnectOriginSide implements OriginSide {
  readonly isNamed = true;
  readonly isFromClientsPort = false;
  readonly clientField = 'none';
  readonly tlsOnly: boolean;
  readonly #context: WorkerContext;
  readonly #host: ConnectionHost;
  readonly #destination: Origin;

  constructor(context: WorkerContext, host: ConnectionHost, destination: Origin) {
    this.#context = context;
    this.#host = host;
    this.#destination = destination;
    this.tlsOnly = context.config.connect.firstBytes === 'tls';
  }

  get fallbackHost(): string {
    return this.#destination.host;
  }

  get port(): number {
    return this.#destination.port;
  }

  notHttpAt(port: number): 'tunnel' | 'refuse' {
    const listener = this.#listener;
    return listener === undefined ? 'tunnel' : unreadAt(listener, port);
  }

  isTlsAt(port: number): boolean {
    return isTlsPort(this.#listener?.tlsPorts ?? [], port);
  }

  /** Of one that a reload has taken away nothing is known any more. */
  get #listener(): ListenerConfig | undefined {
    const { name } = this.#host.listener;
    return this.#context.config.listeners.find((other) => other.name === name);
  }

  destination(): Origin {
    return this.#destination;
  }

  connect(destination: Origin, done: ConnectDone): () => void {
    return this.#host.listener.route.connect(destination, this.#host, done);
  }
}
