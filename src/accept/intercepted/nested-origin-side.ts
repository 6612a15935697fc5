/**
 * Inside of what an origin has agreed to: a CONNECT, where it is a proxy of somebody else, or, steered, an Upgrade. All goes on to that origin, on
 * the connection that it has opened the way on. Judged is, too, the host that was named for it. It must not go to another origin.
 */
import type { ConnectDone } from '../../forward/connector.ts';
import type { Origin } from '../../match/host-facts.ts';
import type { OriginSide } from './origin-side.ts';

/** What CONNECT named, or whom the Upgrade was asked of. */
interface Named {
  readonly host: string;
  readonly port: number;
}

export class NestedOriginSide implements OriginSide {
  readonly isNamed = true;
  /** Whoever it asked knows of its client what it wants to know. */
  readonly clientField = 'none';
  readonly fallbackHost: string;
  readonly port: number;
  readonly #outer: OriginSide;
  readonly #proxy: Origin;

  /** `proxy`: where the CONNECT went. */
  constructor(outer: OriginSide, proxy: Origin, { host, port }: Named) {
    this.#outer = outer instanceof NestedOriginSide ? outer.#outer : outer;
    this.#proxy = proxy;
    this.fallbackHost = host;
    this.port = port;
  }

  get tlsOnly(): boolean {
    return this.#outer.tlsOnly;
  }

  get isFromClientsPort(): boolean {
    return this.#outer.isFromClientsPort;
  }

  notHttpAt(port: number): 'tunnel' | 'refuse' {
    return this.#outer.notHttpAt(port);
  }

  isTlsAt(port: number): boolean {
    return this.#outer.isTlsAt(port);
  }

  destination(): Origin {
    return this.#proxy;
  }

  connect(destination: Origin, done: ConnectDone): () => void {
    return this.#outer.connect(destination, done);
  }
}
