/**
 * TCP sockets that Node cannot make: transparent ones (tcp(7), ip(7): IP_TRANSPARENT), marked ones, and ones bound to an
 * address whose port is chosen at connect. They are given to Node as descriptors: `server.listen({ fd })`, `new Socket({ fd })`.
 *
 *   open ─▶ options ─▶ bind ─▶ descriptor        a step that fails closes what was opened
 *
 * Five system calls, made for each connection to an origin; two for the last bytes to a client, one to see what an origin has. It must not connect or listen.
 */
import { getSystemErrorName } from 'node:util';
import { koffiFrom, loadKoffi } from './koffi.ts';

/** Where a connection to an origin comes from. */
export interface SocketSource {
  /** 4 or 16 bytes. */
  readonly address: Uint8Array;
  /** 0: one that is free towards the destination, chosen at connect. */
  readonly port: number;
  /** The address is not this machine's own: it takes CAP_NET_ADMIN or CAP_NET_RAW. */
  readonly isForeign: boolean;
}

/** All throw errors with the errno name as `code`, and leave no descriptor open then. */
export interface NativeSockets {
  /** By which other threads load the same: `nativeSocketsFrom`; null: they cannot. */
  readonly library: string | null;
  /**
   * A bound socket for a listener to whom connections to any address come (SO_REUSEPORT); `::` takes IPv4 too. What it accepts sends at
   * once (TCP_NODELAY, which Linux hands on to each): nobody has to ask for that again.
   */
  bindTransparent(address: Uint8Array, port: number): number;
  /**
   * A socket for a connection to an origin.
   * @param width bytes of the destination's address: 4 or 16
   * @param source null: the system chooses
   * @param mark SO_MARK, by which rules of the system tell it from others; 0: none
   */
  outgoing(width: number, source: SocketSource | null, mark: number): number;
  /** Whether connections to other addresses than this machine's may come to it. */
  isTransparent(descriptor: number): boolean;
  close(descriptor: number): void;
  /** Bytes that were written to a connection and that the system of the other side has not acknowledged; 0 where that cannot be said. */
  unacknowledged(descriptor: number): number;
  /**
   * Sends bytes and, where the system has taken them all, the end of the output: in one packet where they fit into one.
   * @returns how many bytes it has taken; -1: none, and why is told to whoever writes next
   */
  sendLast(descriptor: number, bytes: Uint8Array): number;
}

/** Of <sys/socket.h>, <netinet/in.h> and <linux/in.h>; the same on every architecture that Node runs on. */
const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_REUSEPORT = 15;
const SO_MARK = 36;
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const SHUT_WR = 1;
/** MSG_DONTWAIT, MSG_NOSIGNAL and MSG_MORE: more follows, here the end. */
const LAST_BYTES = 0x40 | 0x4000 | 0x8000;
const IPPROTO_IP = 0;
const IP_TRANSPARENT = 19;
const IP_BIND_ADDRESS_NO_PORT = 24;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;
const IPV6_TRANSPARENT = 75;
const INT_BYTES = 4;
/** Of <asm-generic/sockios.h>, as tcp(7) has it. */
const SIOCOUTQ = 0x5411;
const IPV4_BYTES = 4;

/** Of the main thread. @returns null if koffi is missing. */
export async function loadNativeSockets(): Promise<NativeSockets | null> {
  const loaded = await loadKoffi();
  return loaded === null ? null : socketsOf(loaded.koffi, loaded.library);
}

/** Of another thread. @param library of the main thread's. */
export function nativeSocketsFrom(library: string): NativeSockets {
  return socketsOf(koffiFrom(library), library);
}

function socketsOf(koffi: ReturnType<typeof koffiFrom>, library: string | null): NativeSockets {
  // The program itself: Node is linked with the C library, whichever it is.
  const own = koffi.load(null);
  const calls: Calls = {
    socket: own.func('int socket(int, int, int)'),
    setsockopt: own.func('int setsockopt(int, int, int, const uint8_t *, uint32_t)'),
    getsockopt: own.func('int getsockopt(int, int, int, _Out_ int *, _Inout_ uint32_t *)'),
    bind: own.func('int bind(int, const uint8_t *, uint32_t)'),
    close: own.func('int close(int)'),
    send: own.func('long send(int, const uint8_t *, size_t, int)'),
    ioctl: own.func('int ioctl(int, unsigned long, _Out_ int *)'),
    shutdown: own.func('int shutdown(int, int)'),
    errno: () => koffi.errno(),
  };
  return new KoffiSockets(calls, library);
}

interface Calls {
  readonly socket: (...given: unknown[]) => number;
  readonly setsockopt: (...given: unknown[]) => number;
  readonly getsockopt: (...given: unknown[]) => number;
  readonly bind: (...given: unknown[]) => number;
  readonly close: (...given: unknown[]) => number;
  readonly send: (...given: unknown[]) => number;
  readonly ioctl: (...given: unknown[]) => number;
  readonly shutdown: (...given: unknown[]) => number;
  readonly errno: () => number;
}

class KoffiSockets implements NativeSockets {
  readonly library: string | null;
  readonly #calls: Calls;
  /** Written anew for each call, which is over before the next one. */
  readonly #option = new Int32Array(1);
  readonly #optionBytes = Buffer.from(this.#option.buffer);
  readonly #ipv4 = socketAddress(AF_INET, 16);
  readonly #ipv6 = socketAddress(AF_INET6, 28);

  constructor(calls: Calls, library: string | null) {
    this.#calls = calls;
    this.library = library;
  }

  bindTransparent(address: Uint8Array, port: number): number {
    return this.#open(address.length, (descriptor) => {
      this.#set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1);
      this.#set(descriptor, SOL_SOCKET, SO_REUSEPORT, 1);
      if (address.length !== IPV4_BYTES) this.#set(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 0);
      this.#setTransparent(descriptor, address.length);
      this.#set(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
      this.#bind(descriptor, address, port);
    });
  }

  outgoing(width: number, source: SocketSource | null, mark: number): number {
    return this.#open(width, (descriptor) => {
      if (mark !== 0) this.#set(descriptor, SOL_SOCKET, SO_MARK, mark);
      if (source === null) return;
      if (source.isForeign) this.#setTransparent(descriptor, width);
      // The port may go to several origins at once, as it does at the client, and may be one of a listener of ours.
      this.#set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1);
      this.#set(descriptor, SOL_SOCKET, SO_REUSEPORT, 1);
      if (source.port === 0) this.#set(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
      this.#bind(descriptor, source.address, source.port);
    });
  }

  isTransparent(descriptor: number): boolean {
    // One bit for both families, of which each tells.
    return this.#get(descriptor, IPPROTO_IP, IP_TRANSPARENT) === 1;
  }

  close(descriptor: number): void {
    this.#calls.close(descriptor);
  }

  unacknowledged(descriptor: number): number {
    const value = [0];
    return this.#calls.ioctl(descriptor, SIOCOUTQ, value) === 0 ? (value[0] ?? 0) : 0;
  }

  sendLast(descriptor: number, bytes: Uint8Array): number {
    const taken = this.#calls.send(descriptor, bytes, bytes.length, LAST_BYTES);
    if (taken === bytes.length) this.#calls.shutdown(descriptor, SHUT_WR);
    return taken;
  }

  #open(width: number, prepare: (descriptor: number) => void): number {
    const family = width === IPV4_BYTES ? AF_INET : AF_INET6;
    const descriptor = this.#checked('socket', this.#calls.socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    try {
      prepare(descriptor);
      return descriptor;
    } catch (error) {
      this.close(descriptor);
      throw error;
    }
  }

  #setTransparent(descriptor: number, width: number): void {
    if (width === IPV4_BYTES) this.#set(descriptor, IPPROTO_IP, IP_TRANSPARENT, 1);
    else this.#set(descriptor, IPPROTO_IPV6, IPV6_TRANSPARENT, 1);
  }

  #bind(descriptor: number, address: Uint8Array, port: number): void {
    const isIPv4 = address.length === IPV4_BYTES;
    const bytes = isIPv4 ? this.#ipv4 : this.#ipv6;
    bytes.writeUInt16BE(port, 2);
    bytes.set(address, isIPv4 ? 4 : 8);
    this.#checked('bind', this.#calls.bind(descriptor, bytes, bytes.length));
  }

  #set(descriptor: number, level: number, name: number, value: number): void {
    this.#option[0] = value;
    this.#checked('setsockopt', this.#calls.setsockopt(descriptor, level, name, this.#optionBytes, INT_BYTES));
  }

  #get(descriptor: number, level: number, name: number): number | null {
    const value = [0];
    return this.#calls.getsockopt(descriptor, level, name, value, [INT_BYTES]) === 0 ? (value[0] ?? null) : null;
  }

  #checked(call: string, result: number): number {
    if (result >= 0) return result;
    const code = getSystemErrorName(-this.#calls.errno());
    throw Object.assign(new Error(`${call}: ${code}`), { code });
  }
}

/** struct sockaddr_in or sockaddr_in6 of a family, which is in the machine's order; all else zero. */
function socketAddress(family: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  bytes.set(new Uint8Array(new Uint16Array([family]).buffer));
  return bytes;
}
