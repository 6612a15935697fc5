/**
 * How a connection to an origin leaves this machine: from which address, from which port, with which mark.
 *
 *   nothing said          ─▶ Node connects, the system chooses
 *   source: client        ─▶ the client's own address and port, never another port: behind a NAT with port blocks that is
 *                            another subscriber's (ADR 0019). A client on this very machine has its port itself: any other;
 *                            what a balancer asks for itself: as if nothing was said
 *   sourceAddresses       ─▶ one of these by destination and client, the next where its ports are used up
 *
 * All but the first takes a socket that Node cannot make (lib/native-sockets.ts). It must not decide where to connect to.
 */
import { connect, isIPv6, Socket } from 'node:net';
import type { OnReadOpts } from 'node:net';
import type { Source, UpstreamConfig } from '../config/types.ts';
import type { NativeSockets, SocketSource } from '../lib/native-sockets.ts';
import { parseIpAddress } from '../lib/prefix.ts';
import type { ResolveClient } from './resolver.ts';

/** Whose connection wants a way. */
export interface Asker {
  readonly client: ResolveClient & {
    /** As text, IPv4 in dotted form. */
    readonly address: string;
  };
  /** That it came from; 0: not known. */
  readonly clientPort: number;
  /** Nobody is behind it: a balancer asks for itself (a health check), and answers to its address would not come here. */
  readonly isBalancers?: boolean;
}

/** Null where nothing needs them: the thread loads them before it listens. */
export interface NativeHolder {
  sockets: NativeSockets | null;
}

export interface EgressOptions {
  readonly source: Source;
  readonly upstream: Pick<UpstreamConfig, 'sourceAddresses' | 'mark'>;
  readonly native: NativeHolder;
  /** Whether it is an address of this machine. */
  readonly isOwnAddress: (address: string) => boolean;
}

const IPV4_BYTES = 4;
const IPV6_BYTES = 16;

/** Whether it takes sockets that Node cannot make. */
export function needsNative(source: Source, { sourceAddresses, mark }: EgressOptions['upstream']): boolean {
  return source === 'client' || sourceAddresses.length > 0 || mark !== null;
}

export class Egress {
  readonly #native: NativeHolder;
  readonly #isOwnAddress: EgressOptions['isOwnAddress'];
  readonly #isClients: boolean;
  readonly #isPlain: boolean;
  readonly #mark: number;
  readonly #pool: Readonly<Record<number, readonly SocketSource[]>>;

  constructor({ source, upstream, native, isOwnAddress }: EgressOptions) {
    this.#native = native;
    this.#isOwnAddress = isOwnAddress;
    this.#isClients = source === 'client';
    this.#isPlain = !needsNative(source, upstream);
    this.#mark = upstream.mark ?? 0;
    const addresses = upstream.sourceAddresses.map(parseIpAddress).filter((address) => address !== null);
    const ofWidth = (width: number): SocketSource[] =>
      addresses.filter(({ length }) => length === width).map((address) => ({ address, port: 0, isForeign: false }));
    this.#pool = { [IPV4_BYTES]: ofWidth(IPV4_BYTES), [IPV6_BYTES]: ofWidth(IPV6_BYTES) };
  }

  /** How many sources there are to try, one after the other, for a destination. */
  sources(address: string): number {
    return this.#isClients ? 1 : Math.max(1, this.#poolFor(address).length);
  }

  /**
   * Begins to connect. Throws where that cannot be.
   * @param attempt which of the sources, from 0
   */
  open(address: string, port: number, asker: Asker, attempt: number, onread: OnReadOpts): Socket {
    if (this.#isPlain) return connect({ host: address, port, noDelay: true, allowHalfOpen: true, onread });
    const descriptor = this.#descriptor(address, asker, attempt);
    let socket: Socket;
    try {
      socket = new Socket({ fd: descriptor, allowHalfOpen: true, onread });
    } catch (error) {
      this.#native.sockets?.close(descriptor);
      throw error;
    }
    return socket.setNoDelay(true).connect({ host: address, port });
  }

  #descriptor(address: string, asker: Asker, attempt: number): number {
    const { sockets } = this.#native;
    if (sockets === null) throw Object.assign(new Error('no native sockets'), { code: 'ENOPKG' });
    const isClients = this.#isClients && asker.isBalancers !== true;
    const source = isClients ? this.#clients(asker) : this.#pooled(address, asker, attempt);
    return sockets.outgoing(isIPv6(address) ? IPV6_BYTES : IPV4_BYTES, source, this.#mark);
  }

  #clients({ client, clientPort }: Asker): SocketSource {
    const address = parseIpAddress(client.address);
    if (address === null || clientPort === 0)
      throw Object.assign(new Error('the client has no address'), { code: 'EADDRNOTAVAIL' });
    return { address, port: this.#isOwnAddress(client.address) ? 0 : clientPort, isForeign: true };
  }

  /** Its connections to one origin come from one address, as some origins want it. */
  #pooled(address: string, { client }: Asker, attempt: number): SocketSource | null {
    const pool = this.#poolFor(address);
    return pool.length === 0 ? null : (pool[(hash(address, hash(client.address, 0)) + attempt) % pool.length] ?? null);
  }

  #poolFor(address: string): readonly SocketSource[] {
    return this.#pool[isIPv6(address) ? IPV6_BYTES : IPV4_BYTES] ?? [];
  }
}

/** As many bits as stay a small integer. */
function hash(text: string, start: number): number {
  let value = start;
  for (let i = 0; i < text.length; i++) value = (value * 31 + text.charCodeAt(i)) & 0x3fff_ffff;
  return value;
}
