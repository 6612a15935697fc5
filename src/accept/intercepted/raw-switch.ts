/**
 * What an origin may switch an intercepted connection to, and what becomes of the connection then.
 *
 *   101 to an allowed protocol ───────▶ TunnelSession
 *   101 to any other ─────────────────▶ FirstBytes again: an origin may agree to whatever it is asked for, and go on with HTTP
 *   101 to another version of HTTP ───▶ no: nobody could judge what is asked in it
 *   2xx to CONNECT ───────────────────▶ FirstBytes again, inside what CONNECT has named
 *
 * It must not read what comes behind the answer.
 */
import type { ClientPort } from '../../forward/client-port.ts';
import type { UpstreamConnection } from '../../forward/upstream-connection.ts';
import type { Origin } from '../../match/host-facts.ts';
import { byteString } from '../../wire/bytes.ts';
import { METHOD } from '../../wire/request-head.ts';
import { isHttp } from '../../wire/upgrade-offer.ts';
import type { ConnectionHost } from '../connection-part.ts';
import { TunnelSession } from '../tunnel-session.ts';
import type { WorkerContext } from '../worker-context.ts';
import { namedPort } from './judge-raw.ts';
import { NestedOriginSide } from './nested-origin-side.ts';
import type { Arrival, OriginSide } from './origin-side.ts';

export interface RawParts {
  readonly context: WorkerContext;
  readonly host: ConnectionHost;
  readonly port: ClientPort;
  /** It is inside of what an origin has agreed to, on its connection. */
  readonly isSwitched: boolean;
  /** Takes the connection back: what is spoken in it begins anew. */
  readonly first: { again(arrival: Arrival, originSide: OriginSide): void };
}

export class RawSwitch {
  readonly #parts: RawParts;
  readonly #originSide: OriginSide;
  /** Inside of what is asked for by the request that is under way. */
  #inside: OriginSide;
  #isAllowed = false;

  constructor(parts: RawParts, originSide: OriginSide) {
    this.#parts = parts;
    this.#originSide = this.#inside = originSide;
  }

  /** A request goes to `destination`; its head is in `context.rawRequest`, read from `bytes`. */
  begin(destination: Origin, bytes: Buffer): void {
    const { rawRequest: head } = this.#parts.context;
    if (head.method === METHOD.connect) {
      const host = byteString(bytes, head.namedStart, head.namedEnd);
      this.#inside = new NestedOriginSide(this.#originSide, destination, { host, port: namedPort(bytes, head) });
    } else if (this.#originSide.fallbackHost === null && head.hasUpgrade) {
      // Steered: what is asked in there is asked of this origin, whatever host it names.
      this.#inside = new NestedOriginSide(this.#originSide, destination, destination);
    } else this.#inside = this.#originSide;
  }

  /** `protocol`: that a 101 names, '' if none; null: after CONNECT. */
  may(protocol: string | null): boolean {
    this.#isAllowed = protocol !== null && this.#parts.context.config.upgrade.protocols.includes(protocol);
    return protocol === null || !isHttp(protocol);
  }

  /** Nobody has the connection now. */
  become(bytes: Buffer, hasEnded: boolean, upstream: UpstreamConnection): void {
    const { context, host, port, first } = this.#parts;
    if (!this.#isAllowed) return first.again({ bytes, hasEnded, upstream }, this.#inside);
    const tunnel = new TunnelSession(context, port, upstream, { firstMs: context.config.timeouts.tunnelIdle });
    host.become(tunnel);
    tunnel.begin(bytes, hasEnded);
  }
}
