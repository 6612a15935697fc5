/**
 * Traffic to addresses of ours that DNS or routing has put in place of the origin's: it goes to the host that the client names, at
 * the port that it connected to. Whatever host comes here by an alias or by mistake is passed on (`others: pass`). Where the
 * client names nobody there is nowhere to go. It must not go to the address that the client has connected to, which is ours.
 */
import type { ClientField } from '../../config/types.ts';
import type { ConnectDone } from '../../forward/connector.ts';
import type { InterceptedRoute } from '../../forward/intercepted-route.ts';
import { originAt, type HostFacts, type Origin } from '../../match/host-facts.ts';
import type { ConnectionHost } from '../connection-part.ts';
import type { OriginSide } from './origin-side.ts';
import { isTlsPort, unreadAt } from './unread-at.ts';

export class SteeredOriginSide implements OriginSide {
  readonly fallbackHost = null;
  readonly isNamed = false;
  readonly tlsOnly = false;
  readonly port: number;
  readonly #host: ConnectionHost;
  readonly #route: InterceptedRoute;

  /** @param port that the client has connected to */
  constructor(host: ConnectionHost, route: InterceptedRoute, port: number) {
    this.#host = host;
    this.#route = route;
    this.port = port;
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

  get #refusesOthers(): boolean {
    return this.#route.listener.steered?.others === 'refuse';
  }

  destination(facts: HostFacts | null): Origin | null {
    if (facts === null || (this.#refusesOthers && !facts.listed && !this.#route.isGuardsPage(facts.host))) return null;
    return originAt(facts, this.port);
  }

  connect(destination: Origin, done: ConnectDone): () => void {
    return this.#route.connect(destination, this.#host, done);
  }
}
