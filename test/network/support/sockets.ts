/**
 * Sockets of this process in the namespace of a test's machine: the test is client, filter and origin at once, and sees what
 * each of them sees. A socket stays in the namespace in which it was made; so the thread enters it for that one call.
 *
 *   setns(there) ─▶ socket, options, bind ─▶ setns(back) ─▶ net.Socket, net.Server on the descriptor
 *
 * Without a step in between that could give way to anything else: the thread is never found in another namespace.
 */
import { closeSync, openSync } from 'node:fs';
import { createServer, Socket } from 'node:net';
import type { Server } from 'node:net';
import { once } from 'node:events';
import type Koffi from 'koffi';
import { parseIpAddress } from '../../../src/lib/prefix.ts';
import type { Namespace } from './namespace.ts';

export interface Endpoint {
  readonly address: string;
  /** 0: any. */
  readonly port: number;
}

export interface SocketOptions {
  /** The address and port it comes from. */
  readonly from?: Endpoint;
  /** It may bear addresses that are not the machine's (IP_TRANSPARENT). */
  readonly isTransparent?: boolean;
  /** Options by level, name and value. */
  readonly options?: readonly (readonly [level: number, name: number, value: number])[];
  /** Is given a socket that begins to connect: who may end before it is there has to end it too. */
  readonly begun?: (socket: Socket) => void;
}

/** Of the system's headers on Linux. */
const CLONE_NEWNET = 0x40000000;
const AF = { inet: 2, inet6: 10 } as const;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;
const SOL = { socket: 1, ip: 0, ipv6: 41 } as const;
const SO_REUSEADDR = 2;
const IP_TRANSPARENT = 19;
const IPV6_TRANSPARENT = 75;
const IPV6_V6ONLY = 26;
const INT_BYTES = 4;

interface Calls {
  readonly setns: (descriptor: number, type: number) => number;
  readonly socket: (family: number, type: number, protocol: number) => number;
  readonly setsockopt: (descriptor: number, level: number, name: number, value: number[], bytes: number) => number;
  readonly bind: (descriptor: number, address: Uint8Array, bytes: number) => number;
  readonly errno: () => number;
}

let calls: Calls | null = null;

async function load(): Promise<Calls> {
  if (calls !== null) return calls;
  const koffi: typeof Koffi = (await import('koffi')).default;
  const library = koffi.load(null);
  calls = {
    setns: library.func('int setns(int, int)') as Calls['setns'],
    socket: library.func('int socket(int, int, int)') as Calls['socket'],
    setsockopt: library.func('int setsockopt(int, int, int, const int *, uint32_t)') as Calls['setsockopt'],
    bind: library.func('int bind(int, const uint8_t *, uint32_t)') as Calls['bind'],
    errno: () => koffi.errno(),
  };
  return calls;
}

/** A connection from this machine; resolves when it is there. Half-open is allowed: the test decides. */
export async function connectFrom(machine: Namespace, to: Endpoint, options: SocketOptions = {}): Promise<Socket> {
  const descriptor = openIn(await load(), machine, to.address, options);
  const socket = new Socket({ fd: descriptor, allowHalfOpen: true, readable: true, writable: true });
  options.begun?.(socket);
  socket.connect({ host: to.address, port: to.port });
  await once(socket, 'connect');
  return socket;
}

/** A server on this machine. */
export async function listenOn(machine: Namespace, at: Endpoint, options: SocketOptions = {}): Promise<Server> {
  const descriptor = openIn(await load(), machine, at.address, { ...options, from: at });
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  server.listen({ fd: descriptor });
  await once(server, 'listening');
  return server;
}

function openIn(calls: Calls, machine: Namespace, address: string, options: SocketOptions): number {
  const [here, there] = ['/proc/thread-self/ns/net', `/proc/${machine.pid}/ns/net`].map((path) => openSync(path, 'r'));
  try {
    checked(calls, 'setns', calls.setns(there!, CLONE_NEWNET));
    return openHere(calls, address, options);
  } finally {
    checked(calls, 'setns', calls.setns(here!, CLONE_NEWNET));
    for (const descriptor of [here!, there!]) closeSync(descriptor);
  }
}

function openHere(calls: Calls, address: string, { from, isTransparent = false, options = [] }: SocketOptions): number {
  const isV6 = address.includes(':');
  const descriptor = checked(calls, 'socket', calls.socket(isV6 ? AF.inet6 : AF.inet, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const all = [[SOL.socket, SO_REUSEADDR, 1] as const, ...options];
  if (isV6) all.push([SOL.ipv6, IPV6_V6ONLY, 1]);
  if (isTransparent) all.push(isV6 ? [SOL.ipv6, IPV6_TRANSPARENT, 1] : [SOL.ip, IP_TRANSPARENT, 1]);
  for (const [level, name, value] of all)
    checked(calls, 'setsockopt', calls.setsockopt(descriptor, level, name, [value], INT_BYTES));
  if (from !== undefined) {
    const bytes = socketAddress(from);
    checked(calls, 'bind', calls.bind(descriptor, bytes, bytes.length));
  }
  return descriptor;
}

function checked(calls: Calls, call: string, result: number): number {
  if (result < 0) throw new Error(`${call} failed: errno ${calls.errno()}`);
  return result;
}

/** struct sockaddr_in and sockaddr_in6: family in the machine's order, port in the network's. */
function socketAddress({ address, port }: Endpoint): Uint8Array {
  const bytes = parseIpAddress(address);
  if (bytes === null) throw new Error(`'${address}' is no address`);
  const isV6 = address.includes(':');
  const out = Buffer.alloc(isV6 ? 28 : 16);
  new Uint8Array(out.buffer, out.byteOffset).set(new Uint8Array(new Uint16Array([isV6 ? AF.inet6 : AF.inet]).buffer));
  out.writeUInt16BE(port, 2);
  out.set(bytes, isV6 ? 8 : 4);
  return out;
}
