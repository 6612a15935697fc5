/**
 * One name server, as questions see it: datagrams out, replies in, and the same question over TCP where a reply did not fit
 * into a datagram (RFC 7766).
 *
 *   ask ─▶ Inquiry ─ send (again) ─▶ QuerySocket ─▶ server          one socket for up to 64 questions, from a port that
 *             ◀── reply │ unreachable ◀──────────────┘               the kernel chose, closed when nobody waits on it; more
 *                                                                    questions where a thread has as many sockets as it may
 *
 * An inquiry keeps its number until it ends, however often it was sent: the reply to the first datagram is as good as that
 * to the last. The socket is connected, so that the kernel takes datagrams of this server only and tells of a closed port.
 * It must not decide what follows from a reply (ask-servers.ts).
 */
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import type { CanonicalHost } from '../url/host.ts';
import { DnsFrames, LENGTH_BYTES } from '../wire/dns-frames.ts';
import { encodeQuery, readReply, type DnsReply, type RecordType } from '../wire/dns-message.ts';
import type { ServerAddress } from './server-address.ts';

export type Transport = 'udp' | 'tcp';

export interface InquiryEvents {
  /** Once, unless the inquiry was cancelled; never from inside `ask` or `send`. */
  readonly onReply: (reply: Exclude<DnsReply, 'truncated'>) => void;
  /** In its place: nothing listens there, or there is no way to it. */
  readonly onUnreachable: (over: Transport) => void;
  /** Before one of these, once at most: there is a reply, it did not fit into a datagram, and is asked for over TCP. */
  readonly onTruncated: () => void;
}

/** Questions from one port: who wants to forge a reply has to guess port and number, and the port is not for life. */
const MAX_USES = 64;
/** Where so many sockets of a thread are open, each server's newest one takes more questions: one slow name would keep a socket for every 64 quick ones. */
const MAX_SOCKETS = 120;
const NUMBERS = 0x1_0000;
/** Connections of a thread to name servers: each takes a descriptor (workers/descriptor-budget.ts), and whoever asks for names of his own can bring them about. */
const MAX_CALLS = 64;

let calls = 0;
let sockets = 0;

export class NameServer {
  readonly at: ServerAddress;
  /** Until then others are asked first: it let somebody wait, or cannot be reached. Milliseconds, monotonic. */
  avoidUntil = -Infinity;
  /** The same of TCP, which may be closed where datagrams pass: until then others are asked as well for what does not fit into one. */
  avoidStreamUntil = -Infinity;
  #socket: QuerySocket | null = null;

  constructor(at: ServerAddress) {
    this.at = at;
  }

  /** Nothing goes out before `send`. */
  ask(host: CanonicalHost, type: RecordType, events: InquiryEvents): Inquiry {
    if (this.#socket === null || !this.#socket.hasCapacity) this.#socket = new QuerySocket(this.at);
    return new Inquiry(this.#socket, this.at, { host, type, events });
  }
}

interface Question {
  readonly host: CanonicalHost;
  readonly type: RecordType;
  readonly events: InquiryEvents;
}

/** One question at one server. */
export class Inquiry {
  readonly #id: number;
  readonly #query: Buffer;
  readonly #socket: QuerySocket;
  readonly #at: ServerAddress;
  readonly #events: InquiryEvents;
  #hasEnded = false;
  /** Over TCP. */
  #cancelCall: (() => void) | null = null;

  constructor(socket: QuerySocket, at: ServerAddress, { host, type, events }: Question) {
    this.#socket = socket;
    this.#at = at;
    this.#events = events;
    this.#id = socket.enter(this);
    this.#query = encodeQuery(this.#id, host, type);
  }

  /** Sends the datagram, the same each time. */
  send(): void {
    if (!this.#hasEnded && this.#cancelCall === null) this.#socket.send(this.#query);
  }

  /** Nobody waits for it any more. */
  cancel(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#socket.leave(this.#id);
    this.#cancelCall?.();
  }

  /** Of the socket: a message with the number of this inquiry. */
  receive(message: Buffer): void {
    const reply = readReply(message, this.#query);
    if (reply === null || this.#hasEnded) return;
    if (reply !== 'truncated') return this.#end(() => this.#events.onReply(reply));
    if (this.#cancelCall !== null) return;
    const { onReply, onUnreachable, onTruncated } = this.#events;
    if (calls >= MAX_CALLS) return this.#end(() => onReply('failed'));
    this.#cancelCall = call(this.#at, this.#query, (whole) =>
      this.#end(() => (whole === null ? onUnreachable('tcp') : onReply(whole))),
    );
    onTruncated();
  }

  /** Of the socket: it is gone. */
  fail(): void {
    if (this.#cancelCall === null) this.#end(() => this.#events.onUnreachable('udp'));
  }

  #end(tell: () => void): void {
    if (this.#hasEnded) return;
    this.cancel();
    tell();
  }
}

/** Addresses are literals: nothing is looked up. */
function literal(address: string, _: unknown, callback: (error: null, address: string, family: number) => void): void {
  callback(null, address, isIPv6(address) ? 6 : 4);
}

class QuerySocket {
  readonly #socket;
  readonly #inquiries = new Map<number, Inquiry>();
  #uses = 0;
  #isConnected = false;
  #isClosed = false;
  /** Datagrams for when it is connected. */
  #waiting: Buffer[] = [];

  constructor({ address, port }: ServerAddress) {
    this.#socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4', lookup: literal });
    this.#socket.unref();
    this.#socket.on('error', () => this.#fail());
    this.#socket.on('message', (message) => {
      if (message.length >= 2) this.#inquiries.get(message.readUInt16BE(0))?.receive(message);
    });
    // Not as a callback of `connect`: that one is called for failures too, and they are no 'error' then.
    sockets += 1;
    this.#socket.once('connect', () => this.#connected());
    this.#socket.connect(port, address);
  }

  get hasCapacity(): boolean {
    return !this.#isClosed && (this.#uses < MAX_USES || sockets >= MAX_SOCKETS);
  }

  /** @returns the number of its messages. */
  enter(inquiry: Inquiry): number {
    let id = randomInt(NUMBERS);
    while (this.#inquiries.has(id)) id = randomInt(NUMBERS);
    this.#inquiries.set(id, inquiry);
    this.#uses++;
    return id;
  }

  leave(id: number): void {
    this.#inquiries.delete(id);
    if (this.#inquiries.size === 0) this.#close();
  }

  send(datagram: Buffer): void {
    if (this.#isClosed) return;
    if (!this.#isConnected) this.#waiting.push(datagram);
    else
      this.#socket.send(datagram, (error) => {
        if (error !== null) this.#fail();
      });
  }

  #connected(): void {
    this.#isConnected = true;
    for (const datagram of this.#waiting) this.send(datagram);
    this.#waiting = [];
  }

  #fail(): void {
    if (this.#isClosed) return;
    const inquiries = [...this.#inquiries.values()];
    this.#close();
    for (const inquiry of inquiries) inquiry.fail();
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    sockets -= 1;
    this.#socket.close();
  }
}

/** Asks over a connection. It calls back with null if that brings nothing, and not after the returned function was called, which ends the connection. */
function call(
  { address, port }: ServerAddress,
  query: Buffer,
  done: (reply: Exclude<DnsReply, 'truncated'> | null) => void,
): () => void {
  const socket = connect({ host: address, port, noDelay: true });
  calls += 1;
  const frames = new DnsFrames();
  const finish = (reply: DnsReply | null): void => {
    if (!socket.destroyed) done(reply === 'truncated' ? 'failed' : reply);
  };
  socket.unref();
  socket.on('error', () => {});
  socket.on('close', (hadError) => {
    calls -= 1;
    if (hadError) done(null);
  });
  socket.on('end', () => finish(null));
  socket.on('data', (chunk: Buffer) => {
    frames.add(chunk);
    const frame = frames.next();
    if (frame !== null) finish(readReply(frame.subarray(LENGTH_BYTES), query));
  });
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt16BE(query.length);
  socket.write(Buffer.concat([length, query]));
  return () => socket.destroy();
}
