/**
 * Whose datagram it is where a balancer says so in a PROXY header before each one: dnsdist, for its clients of DoT and DoH. The header may be about
 * a connection: what came over DoH dnsdist asks for over UDP, and says how the client came. It must not
 * answer: who sends no header is set up wrongly, or has no business here.
 */
import type { ListenerView, WorkerContext } from '../accept/worker-context.ts';
import { peerAddress, readPeer, writePeer } from './datagrams/datagrams.ts';
import { DNS_DROPPED } from '../observe/counters.ts';
import { readProxyHeader } from '../wire/proxy-header.ts';

export class ProxyIn {
  readonly #context: WorkerContext;
  readonly #bytes: Buffer;
  /** Offset of whose datagram it is; of the sender itself where that speaks for itself. */
  client = 0;
  readonly #named: number;

  /** @param named offset at which it may keep a client */
  constructor(context: WorkerContext, bytes: Buffer, named: number) {
    this.#context = context;
    this.#bytes = bytes;
    this.#named = named;
  }

  /** @returns the length of the header; -1 if the datagram is dropped, and counted. */
  read(senders: NonNullable<ListenerView['proxySenders']>, at: number, length: number, peer: number): number {
    const bytes = this.#bytes;
    const { clients, config } = this.#context;
    const mayName = senders.find(peerAddress(bytes, peer)) !== null;
    if (!mayName && !clients.isOwn(readPeer(bytes, peer).address)) return this.#drop(DNS_DROPPED.proxy_sender_denied);
    const header = readProxyHeader(bytes.subarray(at, at + length), config.limits.proxyHeaderBytes);
    if (header === 'more' || header === 'malformed') return this.#drop(DNS_DROPPED.proxy_header_invalid);
    this.client = peer;
    if (header.source === null) return header.length;
    if (!mayName) return this.#drop(DNS_DROPPED.proxy_sender_denied);
    writePeer(bytes, this.#named, header.source);
    this.client = this.#named;
    return header.length;
  }

  #drop(reason: (typeof DNS_DROPPED)[keyof typeof DNS_DROPPED]): number {
    this.#context.counters.dnsDropped(reason);
    return -1;
  }
}
