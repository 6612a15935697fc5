/**
 * Traffic to anywhere that rules of the system have sent to us: everything goes where the client has connected to, whatever host
 * it names (requirement 33). Host and SNI are claims that only the verdict asks for. It must not look a host up.
 */
import type { ClientField } from '../../config/types.ts';
import type { ConnectDone } from '../../forward/connector.ts';
import type { InterceptedRoute } from '../../forward/intercepted-route.ts';
import type { Origin } from '../../match/host-facts.ts';
import type { ConnectionHost } from '../connection-part.ts';
import type { OriginSide } from './origin-side.ts';
import { isTlsPort, unreadAt } from './unread-at.ts';

export class TransparentOriginSide implements OriginSide {
  readonly isNamed = false;
  readonly tlsOnly = false;
  readonly #host: ConnectionHost;
  readonly #route: InterceptedRoute;
  readonly #destination: Origin;

  /** @param destination the address and port that the client has connected to */
  constructor(host: ConnectionHost, route: InterceptedRoute, destination: Origin) {
    this.#host = host;
    this.#route = route;
    this.#destination = destination;
  }

  get fallbackHost(): string {
    return this.#destination.host;
  }

  get port(): number {
    return this.#destination.port;
  }

  get clientField(): ClientField {
    return this.#route.listener.clientField;
  }

  get isFromClientsPort(): boolean {
    return this.#route.listener.source === 'client';
  }

  notHttpAt(port: number): 'tunnel' | 'refuse' {
    return unreadAt(this.#route.listener, port);
  }

  isTlsAt(port: number): boolean {
    return isTlsPort(this.#route.listener.tlsPorts, port);
  }

  destination(): Origin {
    return this.#destination;
  }

  connect(destination: Origin, done: ConnectDone): () => void {
    return this.#route.connect(destination, this.#host, done);
  }
}
