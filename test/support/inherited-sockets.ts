/**
 * Listening sockets as a service manager holds them: opened here, with SO_REUSEPORT, and handed to one `serve` after the
 * other as descriptors 3, 4, …, with LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES. The shell knows the child's pid before it
 * becomes the program.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import koffi from 'koffi';

const ROOT = join(import.meta.dirname, '..', '..');
const NODE = join(ROOT, 'node_modules', '.bin', 'node');
const CLI = join(ROOT, 'src', 'cli.ts');

const AF_INET = 2;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_REUSEPORT = 15;

const library = koffi.load(null);
const socket = library.func('int socket(int, int, int)');
const setsockopt = library.func('int setsockopt(int, int, int, const uint8_t *, uint32_t)');
const bind = library.func('int bind(int, const uint8_t *, uint32_t)');
const listen = library.func('int listen(int, int)');
const close = library.func('int close(int)');

export interface HeldSockets extends Disposable {
  readonly descriptors: readonly number[];
}

/** `count` sockets that listen on one port of the loopback address. */
export function holdSockets(port: number, count: number): HeldSockets {
  const descriptors = Array.from({ length: count }, () => listeningSocket(port));
  return { descriptors, [Symbol.dispose]: () => descriptors.forEach((descriptor) => close(descriptor)) };
}

function listeningSocket(port: number): number {
  const descriptor = checked('socket', socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) as number);
  const one = Buffer.from(new Uint32Array([1]).buffer);
  // As systemd's: without the first, connections of whoever had the port before (TIME_WAIT) are in the way.
  for (const option of [SO_REUSEADDR, SO_REUSEPORT])
    checked('setsockopt', setsockopt(descriptor, SOL_SOCKET, option, one, one.length) as number);
  const address = Buffer.alloc(16);
  Buffer.from(new Uint16Array([AF_INET]).buffer).copy(address);
  address.writeUInt16BE(port, 2);
  address.set([127, 0, 0, 1], 4);
  checked('bind', bind(descriptor, address, address.length) as number);
  checked('listen', listen(descriptor, 4096) as number);
  return descriptor;
}

function checked(call: string, result: number): number {
  if (result < 0) throw new Error(`${call}: errno ${koffi.errno()}`);
  return result;
}

/** `serve -c FILE` that inherits the sockets under these names. */
export function serveInheriting(
  configFile: string,
  sockets: HeldSockets,
  names: readonly string[],
  env: Record<string, string> = {},
): ChildProcess {
  const script = 'LISTEN_PID=$$ exec "$@"';
  return spawn('sh', ['-c', script, 'sh', NODE, CLI, 'serve', '-c', configFile], {
    stdio: ['ignore', 'ignore', 'pipe', ...sockets.descriptors],
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      LISTEN_FDS: String(sockets.descriptors.length),
      LISTEN_FDNAMES: names.join(':'),
      ...env,
    },
  });
}
