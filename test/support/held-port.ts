/**
 * A port of an address at which nobody listens, and nobody can while it is held: bound, not listening, so that whoever
 * connects is refused. Another program of a busy machine may be given a port of one family that we have in the other.
 */
import koffi from 'koffi';

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;

const library = koffi.load(null);
const socket = library.func('int socket(int, int, int)');
const bind = library.func('int bind(int, const uint8_t *, uint32_t)');
const close = library.func('int close(int)');

/** Null: somebody has it. */
export function holdPort(address: '127.0.0.1' | '::1', port: number): Disposable | null {
  const isV6 = address === '::1';
  const descriptor = socket(isV6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) as number;
  const name = isV6 ? ipv6Loopback(port) : ipv4Loopback(port);
  if (bind(descriptor, name, name.length) === 0) return { [Symbol.dispose]: () => void close(descriptor) };
  close(descriptor);
  return null;
}

/** sockaddr_in: family, port, address, eight zeros. */
function ipv4Loopback(port: number): Buffer {
  const name = family(AF_INET, 16, port);
  name.set([127, 0, 0, 1], 4);
  return name;
}

/** sockaddr_in6: family, port, flow, address, scope. */
function ipv6Loopback(port: number): Buffer {
  const name = family(AF_INET6, 28, port);
  name[23] = 1;
  return name;
}

function family(which: number, length: number, port: number): Buffer {
  const name = Buffer.alloc(length);
  // In the byte order of the machine.
  Buffer.from(new Uint16Array([which]).buffer).copy(name);
  name.writeUInt16BE(port, 2);
  return name;
}
