/**
 * A DNS server for tests: the far side of the resolver, over real UDP on 127.0.0.1. Answers A and AAAA from a table, or
 * misbehaves as told; an answer can be held back until the test lets it go, so that nothing depends on sleeping.
 */
import { createSocket } from 'node:dgram';
import type { RemoteInfo, Socket } from 'node:dgram';
import { once } from 'node:events';

type RecordType = 'A' | 'AAAA';

/** Addresses with a TTL in seconds, an error code, or no reply at all. An empty array is NODATA. */
type Reply =
  | readonly { readonly address: string; readonly ttl: number }[]
  | 'NXDOMAIN'
  | 'SERVFAIL'
  | 'REFUSED'
  | 'drop'
  /** Not sent until `release`. */
  | { readonly held: readonly { readonly address: string; readonly ttl: number }[] };

export interface DnsServer {
  /** `127.0.0.1:port`, for `upstream.dns.servers`. */
  readonly server: string;
  /** Replaces what is said about a name; a type left out is NODATA, a name never set NXDOMAIN. */
  set(name: string, replies: { readonly A?: Reply; readonly AAAA?: Reply }): void;
  /** Queries received so far. */
  count(name: string, type: RecordType): number;
  /** Settles once a query for it has come in whose answer is held back. */
  heldBack(name: string, type: RecordType): Promise<void>;
  release(name: string, type: RecordType): void;
  close(): Promise<void>;
}

const TYPES: ReadonlyMap<number, RecordType> = new Map([
  [1, 'A'],
  [28, 'AAAA'],
]);
const CODES = { NXDOMAIN: 3, SERVFAIL: 2, REFUSED: 5 } as const;
const HEADER_BYTES = 12;

export async function startDnsServer(): Promise<DnsServer> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const state = new State(socket);
  socket.on('message', (query, from) => state.receive(query, from));
  return {
    server: `127.0.0.1:${socket.address().port}`,
    set: (name, replies) => void state.replies.set(name, replies),
    count: (name, type) => state.counts.get(`${name} ${type}`) ?? 0,
    heldBack: (name, type) => state.whenHeld(`${name} ${type}`),
    release: (name, type) => state.release(`${name} ${type}`),
    close: async () => {
      socket.close();
      await once(socket, 'close');
    },
  };
}

class State {
  readonly replies = new Map<string, { readonly A?: Reply; readonly AAAA?: Reply }>();
  readonly counts = new Map<string, number>();
  readonly #held = new Map<string, (() => void)[]>();
  readonly #watchers = new Map<string, (() => void)[]>();
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  receive(query: Buffer, from: RemoteInfo): void {
    const { name, type, end } = question(query);
    const key = `${name} ${type}`;
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
    const known = this.replies.get(name);
    const reply = known === undefined ? 'NXDOMAIN' : ((type === null ? undefined : known[type]) ?? []);
    if (reply === 'drop') return;
    if (typeof reply === 'object' && 'held' in reply) this.#hold(key, () => this.#send(query, end, reply.held, from));
    else this.#send(query, end, reply, from);
  }

  async whenHeld(key: string): Promise<void> {
    if (this.#held.has(key)) return;
    await new Promise<void>((resolve) => {
      this.#watchers.set(key, [...(this.#watchers.get(key) ?? []), resolve]);
    });
  }

  release(key: string): void {
    for (const send of this.#held.get(key) ?? []) send();
    this.#held.delete(key);
  }

  #hold(key: string, send: () => void): void {
    this.#held.set(key, [...(this.#held.get(key) ?? []), send]);
    for (const watcher of this.#watchers.get(key) ?? []) watcher();
    this.#watchers.delete(key);
  }

  #send(query: Buffer, end: number, reply: readonly { address: string; ttl: number }[] | keyof typeof CODES, from: RemoteInfo): void {
    const records = typeof reply === 'string' ? [] : reply;
    const header = Buffer.alloc(HEADER_BYTES);
    query.copy(header, 0, 0, 2);
    header.writeUInt16BE(0x8180 | (typeof reply === 'string' ? CODES[reply] : 0), 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(records.length, 6);
    const message = Buffer.concat([header, query.subarray(HEADER_BYTES, end), ...records.map(resourceRecord)]);
    this.#socket.send(message, from.port, from.address);
  }
}

function question(query: Buffer): { name: string; type: RecordType | null; end: number } {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = query.readUInt8(at); length !== 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length).toLowerCase());
    at += length + 1;
  }
  return { name: labels.join('.'), type: TYPES.get(query.readUInt16BE(at + 1)) ?? null, end: at + 5 };
}

/** The name is a pointer to the question (RFC 1035 §4.1.4). IPv6 must be written with all eight groups. */
function resourceRecord({ address, ttl }: { address: string; ttl: number }): Buffer {
  const isV6 = address.includes(':');
  const data = isV6
    ? Buffer.from(address.split(':').map((group) => group.padStart(4, '0')).join(''), 'hex')
    : Buffer.from(address.split('.').map(Number));
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(isV6 ? 28 : 1, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(ttl, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}
