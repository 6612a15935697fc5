/**
 * A socket of native-datagrams.ts: it reads all that has come into the arena and sends all that is queued, each with one call.
 *
 *   epoll (libuv) ─▶ recvmmsg ─▶ received … received ─▶ afterRead ─▶ sendmmsg
 *
 * It stays readable until it is empty: one read a turn is enough, and no socket keeps others waiting. It must not know what is in a datagram.
 */
import { getSystemErrorName } from 'node:util';
import {
  CONTROL_AT,
  peerLength,
  PEER_BYTES,
  ROOMS,
  type Arena,
  type DatagramEnd,
  type DatagramEvents,
  type DatagramSocket,
} from './datagrams.ts';
import type { BareKoffi } from '../../lib/koffi.ts';
import { CONTROL_LENGTH, HEADER_WORDS, LENGTH, NAME_LENGTH } from './message-headers.ts';
import type { MessageHeaders } from './message-headers.ts';

export const IPPROTO_IPV6 = 41;
/** A control message: length (8 bytes), level, type, then struct in_pktinfo (index, address, address) or in6_pktinfo (address, index). */
export const CONTROL_BYTES = PEER_BYTES - CONTROL_AT;
const CONTROL_DATA_AT = CONTROL_AT + 16;
const IN6_INDEX_AT = CONTROL_DATA_AT + 16;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
/** Datagrams that may be queued before they are sent. */
const MAX_QUEUED = 32;
/** What a datagram takes at least of a receive buffer, which the system makes twice as large as it is said to be. */
const LEAST_KEPT = 768 / 2;
/** A word of 32 bits, in which the kernel counts. */
const COUNTED = 0x1_0000_0000;

export interface DatagramCalls {
  readonly socket: (...given: unknown[]) => number;
  readonly setsockopt: (...given: unknown[]) => number;
  readonly getsockopt: (...given: unknown[]) => number;
  readonly bind: (...given: unknown[]) => number;
  readonly connect: (...given: unknown[]) => number;
  readonly getsockname: (...given: unknown[]) => number;
  readonly recvmmsg: (...given: unknown[]) => number;
  readonly sendmmsg: (...given: unknown[]) => number;
  readonly close: (...given: unknown[]) => number;
}

/** What the sockets of a thread share. */
export interface NativeDatagrams {
  readonly arena: Arena;
  readonly koffi: BareKoffi;
  readonly calls: DatagramCalls;
  /** Of what is read. */
  readonly received: MessageHeaders;
  /** Of what a socket sends. */
  headers(count: number): MessageHeaders;
  /** @returns what the system grants. */
  setReceiveBuffer(descriptor: number, bytes: number): number;
  /** @returns all that it has dropped, as it counts; 0 where it does not tell. */
  drops(descriptor: number): number;
  /** The system gives nothing more to the socket. */
  turnAway(descriptor: number, own: DatagramEnd): void;
}

export class KoffiSocket implements DatagramSocket {
  readonly own: DatagramEnd;
  readonly #all: NativeDatagrams;
  readonly #descriptor: number;
  #poll: { stop(): void; close(): void; unref(): void; start(callback: (status: unknown) => void): void } | null = null;
  #events: DatagramEvents | null = null;
  /** Made when something is sent. */
  #headers: MessageHeaders | null = null;
  #queued = 0;
  /** Bound to all addresses of this machine: it is told to which of them a datagram came. */
  readonly #isForAll: boolean;
  #receiveBuffer = 0;
  #drops = 0;
  #hasLeft = false;
  #isClosed = false;

  constructor(all: NativeDatagrams, descriptor: number, own: DatagramEnd) {
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

  setReceiveBuffer(bytes: number): number {
    return (this.#receiveBuffer = this.#all.setReceiveBuffer(this.#descriptor, bytes));
  }

  newDrops(): number {
    if (this.#isClosed) return 0;
    const drops = this.#all.drops(this.#descriptor);
    const more = (drops - this.#drops + COUNTED) % COUNTED;
    this.#drops = drops;
    return more;
  }

  leave(): void {
    if (this.#hasLeft || this.#isClosed) return;
    this.#hasLeft = true;
    this.#all.turnAway(this.#descriptor, this.own);
    // What had come until then is read. Where the socket could not be connected elsewhere more comes: that is read when its turn comes.
    const most = Math.ceil(this.#receiveBuffer / LEAST_KEPT / ROOMS) + 1;
    for (let i = 0; i < most && this.#read() > 0; i++);
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

export function isWildcard(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}
