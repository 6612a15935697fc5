/**
 * A DNS server for tests: the far side of the resolver, over real UDP and TCP on loopback. Answers A and AAAA from a table,
 * or misbehaves as told; an answer can be held back until the test lets it go, so that nothing depends on sleeping.
 */
import { createSocket } from 'node:dgram';
import type { RemoteInfo, Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { freePort } from './free-port.ts';

type RecordType = 'A' | 'AAAA';

interface AddressRecord {
  readonly address: string;
  readonly ttl: number;
  /** Whose address it is; by default the name that was asked for. */
  readonly owner?: string;
}

interface AliasRecord {
  readonly owner: string;
  readonly alias: string;
  readonly ttl: number;
}

export type ResourceRecord = AddressRecord | AliasRecord;

/** Records, an error code, or no reply at all. An empty array is NODATA. */
type Reply =
  | readonly ResourceRecord[]
  | 'NXDOMAIN'
  | 'SERVFAIL'
  | 'REFUSED'
  | 'drop'
  /** Not sent until `release`. */
  | { readonly held: readonly ResourceRecord[] }
  /** Too large for a datagram: nothing but that over UDP, all of it over TCP. */
  | { readonly overTcp: readonly ResourceRecord[] | 'drop' }
  /** The datagrams to send, made from the right one. */
  | { readonly records: readonly ResourceRecord[]; readonly forge: (message: Buffer) => readonly Buffer[] };

export interface DnsServer {
  /** `127.0.0.1:port`, for `upstream.dns.servers`. */
  readonly server: string;
  readonly port: number;
  /** Replaces what is said about a name; a type left out is NODATA, a name never set NXDOMAIN. */
  set(name: string, replies: { readonly A?: Reply; readonly AAAA?: Reply }): void;
  /** Queries received so far, over UDP. */
  count(name: string, type: RecordType): number;
  /** Number and source port of each of them. */
  asked(name: string, type: RecordType): readonly string[];
  /** Settles once a query for it has come in whose answer is held back. */
  heldBack(name: string, type: RecordType): Promise<void>;
  /** All of them, or only the one that came first. */
  release(name: string, type: RecordType, which?: 'all' | 'first'): void;
  close(): Promise<void>;
}

const TYPES: ReadonlyMap<number, RecordType> = new Map([
  [1, 'A'],
  [28, 'AAAA'],
]);
const CODES = { NXDOMAIN: 3, SERVFAIL: 2, REFUSED: 5 } as const;
const HEADER_BYTES = 12;
const TRUNCATED = 0x0200;

/** @param wanted by default one that nobody else is given once it is closed, as one of those of outgoing connections may be */
export async function startDnsServer(wanted?: number, address = '127.0.0.1'): Promise<DnsServer> {
  const port = wanted ?? (await freePort(address));
  const socket = createSocket('udp4');
  socket.bind(port, address);
  const tcp = createServer();
  tcp.listen(port, address);
  await Promise.all([once(socket, 'listening'), once(tcp, 'listening')]);
  const state = new State(socket);
  socket.on('message', (query, from) => state.receive(query, from));
  tcp.on('connection', (connection) => {
    connection.on('error', () => {});
    connection.on('data', (message: Buffer) => {
      // The length before a question is its own (RFC 1035 §4.2.2), as each real server reads it.
      const reply = message.readUInt16BE() === message.length - 2 ? state.overTcp(message.subarray(2)) : null;
      if (reply === null) return;
      // In two pieces, the first of which ends inside of the length.
      connection.write(reply.subarray(0, 1));
      setImmediate(() => connection.end(reply.subarray(1)));
    });
  });
  return {
    server: `${address}:${port}`,
    port,
    set: (name, replies) => void state.replies.set(name, replies),
    count: (name, type) => state.asked.get(`${name} ${type}`)?.length ?? 0,
    asked: (name, type) => state.asked.get(`${name} ${type}`) ?? [],
    heldBack: (name, type) => state.whenHeld(`${name} ${type}`),
    release: (name, type, which = 'all') => state.release(`${name} ${type}`, which),
    close: async () => {
      const closed = Promise.all([once(socket, 'close'), once(tcp, 'close')]);
      socket.close();
      tcp.close();
      await closed;
    },
  };
}

class State {
  readonly replies = new Map<string, { readonly A?: Reply; readonly AAAA?: Reply }>();
  readonly asked = new Map<string, string[]>();
  readonly #held = new Map<string, (() => void)[]>();
  readonly #watchers = new Map<string, (() => void)[]>();
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  receive(query: Buffer, from: RemoteInfo): void {
    const { name, type } = question(query);
    const key = `${name} ${type}`;
    this.asked.set(key, [...(this.asked.get(key) ?? []), `${query.readUInt16BE(0)} ${from.port}`]);
    const reply = this.#replyTo(query);
    const send = (message: Buffer): void => this.#socket.send(message, from.port, from.address);
    if (reply === 'drop') return;
    if (typeof reply === 'string' || !isSpecial(reply)) return send(messageOf(query, reply));
    if ('held' in reply) this.#hold(key, () => send(messageOf(query, reply.held)));
    else if ('overTcp' in reply) send(truncated(query));
    else for (const message of reply.forge(messageOf(query, reply.records))) send(message);
  }

  /** With its length before it; null: no reply. */
  overTcp(query: Buffer): Buffer | null {
    const reply = this.#replyTo(query);
    if (typeof reply === 'string' || !isSpecial(reply) || !('overTcp' in reply) || reply.overTcp === 'drop')
      return null;
    const message = messageOf(query, reply.overTcp);
    const length = Buffer.alloc(2);
    length.writeUInt16BE(message.length);
    return Buffer.concat([length, message]);
  }

  async whenHeld(key: string): Promise<void> {
    if (this.#held.has(key)) return;
    await new Promise<void>((resolve) => {
      this.#watchers.set(key, [...(this.#watchers.get(key) ?? []), resolve]);
    });
  }

  release(key: string, which: 'all' | 'first'): void {
    const held = this.#held.get(key) ?? [];
    for (const send of which === 'all' ? held : held.slice(0, 1)) send();
    this.#held.delete(key);
  }

  #replyTo(query: Buffer): Reply {
    const { name, type } = question(query);
    const known = this.replies.get(name);
    return known === undefined ? 'NXDOMAIN' : ((type === null ? undefined : known[type]) ?? []);
  }

  #hold(key: string, send: () => void): void {
    this.#held.set(key, [...(this.#held.get(key) ?? []), send]);
    for (const watcher of this.#watchers.get(key) ?? []) watcher();
    this.#watchers.delete(key);
  }
}

function isSpecial(reply: Exclude<Reply, string>): reply is Exclude<Reply, string | readonly ResourceRecord[]> {
  return !Array.isArray(reply);
}

function messageOf(query: Buffer, reply: readonly ResourceRecord[] | keyof typeof CODES): Buffer {
  const records = typeof reply === 'string' ? [] : reply;
  const header = Buffer.alloc(HEADER_BYTES);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(0x8180 | (typeof reply === 'string' ? CODES[reply] : 0), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, 6);
  return Buffer.concat([header, query.subarray(HEADER_BYTES, question(query).end), ...records.map(resourceRecord)]);
}

function truncated(query: Buffer): Buffer {
  const message = messageOf(query, []);
  message.writeUInt16BE(message.readUInt16BE(2) | TRUNCATED, 2);
  return message;
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

/** The owner is a pointer to the question (RFC 1035 §4.1.4) unless it is named. IPv6 must be written with all eight groups. */
export function resourceRecord(record: ResourceRecord): Buffer {
  const owner = record.owner === undefined ? Buffer.from([0xc0, 0x0c]) : encodedName(record.owner);
  if ('alias' in record) return Buffer.concat([owner, recordHead(5, record.ttl, encodedName(record.alias))]);
  const isV6 = record.address.includes(':');
  const data = isV6
    ? Buffer.from(
        record.address
          .split(':')
          .map((group) => group.padStart(4, '0'))
          .join(''),
        'hex',
      )
    : Buffer.from(record.address.split('.').map(Number));
  return Buffer.concat([owner, recordHead(isV6 ? 28 : 1, record.ttl, data)]);
}

/** Type, class, TTL, length and data. */
function recordHead(type: number, ttl: number, data: Buffer): Buffer {
  const head = Buffer.alloc(10);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(1, 2);
  head.writeUInt32BE(ttl, 4);
  head.writeUInt16BE(data.length, 8);
  return Buffer.concat([head, data]);
}

export function encodedName(name: string): Buffer {
  return Buffer.concat([
    ...name.split('.').map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`, 'latin1')),
    Buffer.from([0]),
  ]);
}
