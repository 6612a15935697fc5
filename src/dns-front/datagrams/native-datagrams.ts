/**
 * Datagrams through the system's own calls: one call reads up to 32 of them into the arena, one sends all that are queued
 * (recvmmsg(2), sendmmsg(2)). Under load this takes a fraction of what Node takes for a datagram.
 *
 * This makes the sockets, by the system's calls; how one of them reads and sends is in native-datagram-socket.ts.
 * It must not know what is in a datagram.
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
  type Datagrams,
  type DatagramSocket,
} from './datagrams.ts';
import type { BareKoffi } from '../../lib/koffi.ts';
import { MessageHeaders } from './message-headers.ts';
import { CONTROL_BYTES, IPPROTO_IPV6, isWildcard, KoffiSocket } from './native-datagram-socket.ts';
import type { DatagramCalls, NativeDatagrams } from './native-datagram-socket.ts';
import { parseIpAddress } from '../../lib/prefix.ts';

/** Of <sys/socket.h> and <netinet/in.h>; the same on every architecture for which this is used. */
const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;
const SOL_SOCKET = 1;
const SO_REUSEPORT = 15;
const SO_RCVBUF = 8;
const SO_RCVBUFFORCE = 33;
const SO_MEMINFO = 55;
const IPPROTO_IP = 0;
const IP_PKTINFO = 8;
const IPV6_V6ONLY = 26;
const IPV6_RECVPKTINFO = 49;
const INT_BYTES = 4;
/** What SO_MEMINFO gives, in 32-bit words (<linux/sock_diag.h>): the last one is what was dropped. */
const MEMORY_WORDS = 9;
const MEMORY_DROPS = 8;
/** Length of a struct sockaddr_in. */
const IPV4_PEER = 16;
/** RFC 863. */
const DISCARD_PORT = 9;

/** @returns null where the layout of these structures is another one. */
export function nativeDatagramsFrom(koffi: BareKoffi, arena: Arena): Datagrams | null {
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) return null;
  return new KoffiDatagrams(koffi, arena);
}

class KoffiDatagrams implements Datagrams, NativeDatagrams {
  readonly arena: Arena;
  readonly koffi: BareKoffi;
  readonly calls: DatagramCalls;
  readonly received: MessageHeaders;
  readonly #option = Buffer.alloc(INT_BYTES);
  readonly #memory = new Uint32Array(MEMORY_WORDS);
  readonly #memoryBytes = Buffer.from(this.#memory.buffer);
  readonly #end = Buffer.alloc(PEER_BYTES);

  constructor(koffi: BareKoffi, arena: Arena) {
    const own = koffi.load(null);
    this.koffi = koffi;
    this.arena = arena;
    this.calls = {
      socket: own.func('int socket(int, int, int)'),
      setsockopt: own.func('int setsockopt(int, int, int, const uint8_t *, uint32_t)'),
      getsockopt: own.func('int getsockopt(int, int, int, uint8_t *, _Inout_ uint32_t *)'),
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
      // So that an answer comes from the address that was asked.
      if (isWildcard(at.address) && peerLength(this.#end, 0) === IPV4_PEER)
        this.#set(descriptor, IPPROTO_IP, IP_PKTINFO, 1);
      else if (isWildcard(at.address)) this.#set(descriptor, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
      this.#checked('bind', this.calls.bind(descriptor, this.#end, peerLength(this.#end, 0)));
    });
  }

  connect(to: DatagramEnd): Promise<DatagramSocket> {
    return this.#open(to, (descriptor) => {
      this.#checked('connect', this.calls.connect(descriptor, this.#end, peerLength(this.#end, 0)));
    });
  }

  headers(count: number): MessageHeaders {
    const addressOf = (bytes: Uint8Array): number => Number(this.koffi.address(bytes));
    return new MessageHeaders(count, addressOf(this.arena.bytes), addressOf);
  }

  /** Above `net.core.rmem_max` with CAP_NET_ADMIN only. */
  setReceiveBuffer(descriptor: number, bytes: number): number {
    const forced = this.calls.setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, this.#int(bytes), INT_BYTES);
    if (forced < 0) this.calls.setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, this.#int(bytes), INT_BYTES);
    // The kernel doubles what it grants, for what it keeps beside the bytes (socket(7)).
    this.#checked('getsockopt', this.calls.getsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, this.#option, [INT_BYTES]));
    return this.#option.readInt32LE() / 2;
  }

  drops(descriptor: number): number {
    const bytes = this.#memoryBytes;
    const told = this.calls.getsockopt(descriptor, SOL_SOCKET, SO_MEMINFO, bytes, [bytes.length]);
    return told === 0 ? (this.#memory[MEMORY_DROPS] ?? 0) : 0;
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
