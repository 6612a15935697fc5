/**
 * The few calls that Node does not offer, through koffi: `dup` of a socket, an option of one, datagrams to a Unix socket, memory
 * given back, the end of the process.
 *
 * Where koffi is missing (koffi.ts) `loadNative` gives null, and callers do what their documentation says for that case. Nothing
 * here may be called for a request; what may is in native-sockets.ts.
 */
import { loadKoffi } from './koffi.ts';

export interface Native {
  /** A second descriptor for the same socket, closed on exec. Throws where there is none to be had. */
  duplicate(descriptor: number): number;
  /** One datagram to a Unix socket (`@…`: abstract). Throws where it cannot be sent. */
  sendDatagram(path: string, text: string): void;
  /**
   * If the descriptor is a TCP socket that listens: for a connection that it accepts from now on, no more than so many bytes lie
   * in the kernel without having been sent (tcp(7), TCP_NOTSENT_LOWAT). Otherwise nothing happens.
   */
  boundUnsent(descriptor: number, bytes: number): void;
  /** The C library gives back to the system what it keeps of freed memory, of all threads; where it cannot, nothing happens. */
  trimMemory(): void;
  /**
   * Of these bytes, whole pages take no memory until they are written to again; then they are zero. Nobody may need what is in
   * them. Where it cannot be, nothing happens. Meanwhile no other thread gets new memory from the system.
   */
  discard(bytes: Uint8Array): void;
  /** Ends the process without a word to anybody (_exit): not even a thread is waited for whose call of the system has no answer. */
  exit(code: number): void;
}

/** Of <fcntl.h> and <sys/socket.h> on Linux; the same on every architecture that Node runs on. */
const F_DUPFD_CLOEXEC = 1030;
const FIRST_FREE = 3;
const SOL_SOCKET = 1;
const SO_ACCEPTCONN = 30;
const SO_PROTOCOL = 38;
const IPPROTO_TCP = 6;
/** Of <linux/tcp.h>. */
const TCP_NOTSENT_LOWAT = 25;
const INT_BYTES = 4;
const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const PATH_BYTES = 108;
/** Of <sys/mman.h>. */
const MADV_DONTNEED = 4;

let loading: Promise<Native | null> | null = null;

/** @returns null if koffi is missing. */
export async function loadNative(): Promise<Native | null> {
  loading ??= load();
  return await loading;
}

/** It is as long as the list of system calls: each is bound and used once. */
async function load(): Promise<Native | null> {
  const loaded = await loadKoffi();
  if (loaded === null) return null;
  const { koffi } = loaded;
  // The program itself: Node is linked with the C library, whichever it is.
  const library = koffi.load(null);
  const fcntl = library.func('int fcntl(int, int, int)');
  const socket = library.func('int socket(int, int, int)');
  const sendto = library.func('long sendto(int, const uint8_t *, size_t, int, const uint8_t *, uint32_t)');
  const close = library.func('int close(int)');
  const getsockopt = library.func('int getsockopt(int, int, int, _Out_ int *, _Inout_ uint32_t *)');
  const setsockopt = library.func('int setsockopt(int, int, int, const int *, uint32_t)');
  const madvise = library.func('int madvise(uint8_t *, size_t, int)');
  const exit = library.func('void _exit(int)');
  const page = Number(library.func('int getpagesize()')());
  const trim = optional(() => library.func('int malloc_trim(size_t)'));
  const checked = (call: string, result: number): number => {
    if (result < 0) throw new Error(`${call} failed: errno ${koffi.errno()}`);
    return result;
  };
  return {
    duplicate: (descriptor) => checked('fcntl', Number(fcntl(descriptor, F_DUPFD_CLOEXEC, FIRST_FREE))),
    sendDatagram: (path, text) => {
      const address = unixAddress(path);
      const bytes = Buffer.from(text);
      const descriptor = checked('socket', Number(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)));
      try {
        checked(
          'sendto',
          Number(sendto(descriptor, bytes, bytes.length, MSG_NOSIGNAL | MSG_DONTWAIT, address, address.length)),
        );
      } finally {
        close(descriptor);
      }
    },
    boundUnsent: (descriptor, bytes) => {
      const option = (name: number): number | null => {
        const value = [0];
        return getsockopt(descriptor, SOL_SOCKET, name, value, [INT_BYTES]) === 0 ? (value[0] ?? null) : null;
      };
      if (option(SO_ACCEPTCONN) === 1 && option(SO_PROTOCOL) === IPPROTO_TCP)
        setsockopt(descriptor, IPPROTO_TCP, TCP_NOTSENT_LOWAT, [bytes], INT_BYTES);
    },
    discard: (bytes) => {
      const skipped = Number(-koffi.address(bytes) & BigInt(page - 1));
      const length = Math.floor((bytes.length - skipped) / page) * page;
      if (length > 0) madvise(bytes.subarray(skipped), length, MADV_DONTNEED);
    },
    trimMemory: () => void trim?.(0),
    exit: (code) => void exit(code),
  };
}

/** @returns null if this C library has no such function (of those Node runs with, only glibc has `malloc_trim`). */
function optional<T>(find: () => T): T | null {
  try {
    return find();
  } catch {
    return null;
  }
}

/** struct sockaddr_un: family in the machine's order, then the path; an abstract name starts with NUL and has no end mark. */
function unixAddress(path: string): Buffer {
  const isAbstract = path.startsWith('@');
  const name = Buffer.from(isAbstract ? `\0${path.slice(1)}` : `${path}\0`);
  if (name.length > PATH_BYTES) throw new Error('the path of a Unix socket has at most 107 bytes');
  const family = new Uint8Array(new Uint16Array([AF_UNIX]).buffer);
  return Buffer.concat([family, name]);
}
