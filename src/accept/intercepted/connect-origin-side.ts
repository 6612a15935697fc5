/**
 * Inside CONNECT everything goes to the host and port that CONNECT has named, whatever is said in there.
 * It must not go to a host that is only named inside.
 */
import type { ConnectDone } from '../../forward/connector.ts';
import type { Origin } from '../../match/host-facts.ts';
import type { ConnectionHost } from '../connection-part.ts';
import type { OriginSide } from './origin-side.ts';

export class ConnectOriginSide implements OriginSide {
  readonly isNamed = true;
  readonly notHttp = 'tunnel';
  readonly isFromClientsPort = false;
  readonly clientField = 'none';
  readonly tlsOnly: boolean;
  readonly #host: ConnectionHost;
  readonly #destination: Origin;

  constructor(host: ConnectionHost, destination: Origin, tlsOnly: boolean) {
    this.#host = host;
    this.#destination = destination;
    this.tlsOnly = tlsOnly;
  }

  get fallbackHost(): string {
    return this.#destination.host;
  }

  get port(): number {
    return this.#destination.port;
  }

  destination(): Origin {
    return this.#destination;
  }

  connect(destination: Origin, done: ConnectDone): () => void {
    return this.#host.listener.route.connect(destination, this.#host, done);
  }
}
