/**
 * Datagrams through the system's own calls: one call reads up to 32 of them into the arena, one sends all that are queued
 * (recvmmsg(2), sendmmsg(2)). Under load this takes a fraction of what Node takes for a datagram.
 *
 *   epoll (libuv) ─▶ recvmmsg ─▶ received … received ─▶ afterRead ─▶ sendmmsg
 * A socket stays readable until it is empty: one read a turn is enough, and no socket keeps others waiting.
 */
import { getSystemErrorName } from 'node:util';
import {
  CONTROL_AT,
  peerLength,
  readPeer,
  writePeer,
  PEER_BYTES,
  ROOMS,
  type Arena,
  type DatagramEnd,
  type DatagramEvents,
  type Datagrams,
  type DatagramSocket,
} from './datagrams.ts';
import type { BareKoffi } from './koffi.ts';
import { CONTROL_LENGTH, HEADER_WORDS, LENGTH, MessageHeaders, NAME_LENGTH } from './message-headers.ts';
import { parseIpAddress } from './prefix.ts';

/** Of <sys/socket.h> and <netinet/in.h>; the same on every architecture for which this is used. */
const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_REUSEPORT = 15;
const SO_RCVBUFFORCE = 33;
const IPPROTO_IP = 0;
const IP_PKTINFO = 8;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;
const IPV6_RECVPKTINFO = 49;
/** A control message: length (8 bytes), level, type, then struct in_pktinfo (index, address, address) or in6_pktinfo (address, index). */
const CONTROL_BYTES = PEER_BYTES - CONTROL_AT;
const CONTROL_DATA_AT = CONTROL_AT + 16;
const IN6_INDEX_AT = CONTROL_DATA_AT + 16;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const INT_BYTES = 4;
/** Datagrams that may be queued before they are sent. */
const MAX_QUEUED = 32;
/** Length of a struct sockaddr_in. */
const IPV4_PEER = 16;
/** What comes while a thread stands still (a collection of garbage, a swap of lists) waits in the kernel. */
const RECEIVE_BUFFER = 4 * 1024 * 1024;
/** All that a receive buffer can hold, of datagrams without a byte (each takes 768 bytes of it at least), and twice that for a buffer that the system doubles. */
const MAX_LEFT_READS = Math.ceil((2 * RECEIVE_BUFFER) / 768 / ROOMS);
/** RFC 863. */
const DISCARD_PORT = 9;

/** @returns null where the layout of these structures is another one. */
export function nativeDatagramsFrom(koffi: BareKoffi, arena: Arena): Datagrams | null {
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) return null;
  return new KoffiDatagrams(koffi, arena);
}

interface Calls {
  readonly socket: (...given: unknown[]) => number;
  readonly setsockopt: (...given: unknown[]) => number;
  readonly bind: (...given: unknown[]) => number;
  readonly connect: (...given: unknown[]) => number;
  readonly getsockname: (...given: unknown[]) => number;
  readonly recvmmsg: (...given: unknown[]) => number;
  readonly sendmmsg: (...given: unknown[]) => number;
  readonly close: (...given: unknown[]) => number;
}

class KoffiDatagrams implements Datagrams {
  readonly arena: Arena;
  readonly koffi: BareKoffi;
  readonly calls: Calls;
  readonly received: MessageHeaders;
  readonly #option = Buffer.alloc(INT_BYTES);
  readonly #end = Buffer.alloc(PEER_BYTES);

  constructor(koffi: BareKoffi, arena: Arena) {
    const own = koffi.load(null);
    this.koffi = koffi;
    this.arena = arena;
    this.calls = {
      socket: own.func('int socket(int, int, int)'),
      setsockopt: own.func('int setsockopt(int, int, int, const uint8_t *, uint32_t)'),
      bind: own.func('int bind(int, const uint8_t *, uint32_t)'),
      connect: own.func('int connect(int, const uint8_t *, uint32_t)'),
      getsockname: own.func('int getsockname(int, uint8_t *, _Inout_ uint32_t *)'),
      recvmmsg: own.func('int recvmmsg(int, uint8_t *, uint32_t, int, uint8_t *)'),
      sendmmsg: own.func('int sendmmsg(int, uint8_t *, uint32_t, int)'),
      close: own.func('int close(int)'),
    };
    this.received = this.headers(ROOMS);
    for (let i = 0; i < ROOMS; i++) {
      this.received.payload(i, arena.rooms[i] ?? 0, arena.roomBytes);
      this.received.name(i, arena.peers[i] ?? 0, CONTROL_AT);
      this.received.control(i, (arena.peers[i] ?? 0) + CONTROL_AT, CONTROL_BYTES);
    }
  }

  bind(at: DatagramEnd): Promise<DatagramSocket> {
    return this.#open(at, (descriptor) => {
      this.#set(descriptor, SOL_SOCKET, SO_REUSEPORT, 1);
      if (this.calls.setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, this.#int(RECEIVE_BUFFER), INT_BYTES) < 0)
        this.#set(descriptor, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
      // So that an answer comes from the address that was asked.
      if (isWildcard(at.address) && peerLength(this.#end, 0) === IPV4_PEER)
        this.#set(descriptor, IPPROTO_IP, IP_PKTINFO, 1);
      else if (isWildcard(at.address)) this.#set(descriptor, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
      this.#checked('bind', this.calls.bind(descriptor, this.#end, peerLength(this.#end, 0)));
    });
  }

  connect(to: DatagramEnd): Promise<DatagramSocket> {
    return this.#open(to, (descriptor) => {
      this.calls.setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, this.#int(RECEIVE_BUFFER), INT_BYTES);
      this.#checked('connect', this.calls.connect(descriptor, this.#end, peerLength(this.#end, 0)));
    });
  }

  headers(count: number): MessageHeaders {
    const addressOf = (bytes: Uint8Array): number => Number(this.koffi.address(bytes));
    return new MessageHeaders(count, addressOf(this.arena.bytes), addressOf);
  }

  /**
   * The system gives nothing more to a socket that is connected elsewhere; it can still send to anybody, and one for all addresses from
   * any of them, since it names that with each datagram.
   */
  turnAway(descriptor: number, { address }: DatagramEnd): void {
    const elsewhere = address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address;
    writePeer(this.#end, 0, { address: elsewhere, port: DISCARD_PORT });
    this.calls.connect(descriptor, this.#end, peerLength(this.#end, 0));
  }

  async #open(end: DatagramEnd, prepare: (descriptor: number) => void): Promise<DatagramSocket> {
    const isV4 = parseIpAddress(end.address)?.length === 4;
    const family = isV4 ? AF_INET : AF_INET6;
    const type = SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
    const descriptor = this.#checked('socket', this.calls.socket(family, type, 0));
    try {
      if (!isV4) this.#set(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 0);
      writePeer(this.#end, 0, end);
      prepare(descriptor);
      return await Promise.resolve(this.#socketOf(descriptor));
    } catch (error) {
      this.calls.close(descriptor);
      throw error;
    }
  }

  #socketOf(descriptor: number): DatagramSocket {
    this.#checked('getsockname', this.calls.getsockname(descriptor, this.#end, [CONTROL_AT]));
    return new KoffiSocket(this, descriptor, readPeer(this.#end, 0));
  }

  #int(value: number): Buffer {
    this.#option.writeInt32LE(value);
    return this.#option;
  }

  #set(descriptor: number, level: number, name: number, value: number): void {
    this.#checked('setsockopt', this.calls.setsockopt(descriptor, level, name, this.#int(value), INT_BYTES));
  }

  #checked(call: string, result: number): number {
    if (result >= 0) return result;
    const code = getSystemErrorName(-this.koffi.errno());
    throw Object.assign(new Error(`${call}: ${code}`), { code });
  }
}

class KoffiSocket implements DatagramSocket {
  readonly own: DatagramEnd;
  readonly #all: KoffiDatagrams;
  readonly #descriptor: number;
  #poll: { stop(): void; close(): void; unref(): void; start(callback: (status: unknown) => void): void } | null = null;
  #events: DatagramEvents | null = null;
  /** Made when something is sent. */
  #headers: MessageHeaders | null = null;
  #queued = 0;
  /** Bound to all addresses of this machine: it is told to which of them a datagram came. */
  readonly #isForAll: boolean;
  #hasLeft = false;
  #isClosed = false;

  constructor(all: KoffiDatagrams, descriptor: number, own: DatagramEnd) {
    this.#all = all;
    this.#descriptor = descriptor;
    this.own = own;
    this.#isForAll = isWildcard(own.address);
  }

  start(events: DatagramEvents): void {
    this.#events = events;
    this.#poll = this.#all.koffi.node.poll(this.#descriptor, this.#onReadable);
    this.#poll.unref();
  }

  queue(at: number, length: number, peer: number): void {
    if (this.#queued === MAX_QUEUED) this.flush();
    this.#headers ??= this.#all.headers(MAX_QUEUED);
    this.#headers.payload(this.#queued, at, length);
    this.#headers.name(this.#queued, peer, peer < 0 ? 0 : peerLength(this.#all.arena.bytes, peer));
    if (this.#isForAll)
      this.#headers.control(this.#queued, peer + CONTROL_AT, controlLength(this.#all.arena.bytes, peer));
    this.#queued += 1;
  }

  flush(): void {
    const count = this.#queued;
    const headers = this.#headers;
    if (count === 0 || headers === null || this.#isClosed) return;
    this.#queued = 0;
    const { calls } = this.#all;
    let sent = 0;
    let isAgain = false;
    // A datagram that cannot be sent costs itself: a full buffer, a peer without a way to it. The error may be that of an earlier one (ICMP), which is told once.
    while (sent < count) {
      const bytes = sent === 0 ? headers.bytes : headers.bytes.subarray(sent * HEADER_WORDS * 4);
      const more = calls.sendmmsg(this.#descriptor, bytes, count - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (more > 0) sent += more;
      else if (isAgain || !this.#isOfEarlier()) sent += 1;
      isAgain = more <= 0 && !isAgain;
    }
  }

  /** Whether what a call has just said is about a datagram that was sent before. Nobody else is told of it, so its owner is, behind this call. */
  #isOfEarlier(): boolean {
    if (getSystemErrorName(-this.#all.koffi.errno()) !== 'ECONNREFUSED') return false;
    setImmediate(() => {
      if (!this.#isClosed) this.#events?.unreachable();
    });
    return true;
  }

  leave(): void {
    if (this.#hasLeft || this.#isClosed) return;
    this.#hasLeft = true;
    this.#all.turnAway(this.#descriptor, this.own);
    // What had come until then is read. Where the socket could not be connected elsewhere more comes: that is read when its turn comes.
    for (let i = 0; i < MAX_LEFT_READS && this.#read() > 0; i++);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#poll?.close();
    this.#poll = null;
    this.#all.calls.close(this.#descriptor);
  }

  /** Called by the loop itself: an exception would be lost here. */
  readonly #onReadable = (status: unknown): void => {
    try {
      // libuv stops where the socket has an error, which is read as one.
      if (status !== 0) this.#poll?.start(this.#onReadable);
      this.#read();
    } catch (error) {
      setImmediate(() => {
        throw error;
      });
    }
  };

  /** @returns how many came. */
  #read(): number {
    const events = this.#events;
    if (events === null || this.#isClosed) return 0;
    const { calls, received, arena, koffi } = this.#all;
    const count = calls.recvmmsg(this.#descriptor, received.bytes, ROOMS, MSG_DONTWAIT, null);
    if (count < 0) {
      const code = getSystemErrorName(-koffi.errno());
      if (code !== 'EAGAIN' && code !== 'EINTR') events.unreachable();
      return 0;
    }
    const { words } = received;
    for (let i = 0; i < count; i++) {
      const header = i * HEADER_WORDS;
      words[header + NAME_LENGTH] = CONTROL_AT;
      words[header + CONTROL_LENGTH] = CONTROL_BYTES;
      if (this.#isForAll) forgetInterface(arena.bytes, arena.peers[i] ?? 0);
      events.received(arena.rooms[i] ?? 0, words[header + LENGTH] ?? 0, arena.peers[i] ?? 0);
    }
    events.afterRead();
    return count;
  }
}

/** Of the control message behind a peer; 0: none. */
function controlLength(bytes: Buffer, peer: number): number {
  return peer < 0 ? 0 : (bytes[peer + CONTROL_AT] ?? 0);
}

/** An answer goes out where the system's routes lead, from the address that was asked. */
function forgetInterface(bytes: Buffer, peer: number): void {
  const isIPv6 = bytes[peer + CONTROL_AT + 8] === IPPROTO_IPV6;
  const at = peer + (isIPv6 ? IN6_INDEX_AT : CONTROL_DATA_AT);
  if (!isLinkLocal(bytes, peer, isIPv6)) bytes.fill(0, at, at + 4);
}

/** There the interface is part of the address. */
function isLinkLocal(bytes: Buffer, peer: number, isIPv6: boolean): boolean {
  return isIPv6 && bytes[peer + CONTROL_DATA_AT] === 0xfe && ((bytes[peer + CONTROL_DATA_AT + 1] ?? 0) & 0xc0) === 0x80;
}

function isWildcard(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}
