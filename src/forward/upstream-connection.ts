/**
 * One connection to an origin: in use by an exchange or a tunnel, or idle in the pool. Reads go straight into a buffer
 * of ours (`onread`), not through a stream.
 *
 *   socket ──onread──▶ read buffer ──▶ user.onUpstreamData(buffer, length)     valid during the call only
 *
 * Bytes that arrive while nobody uses it (RFC 9112 §9.2), its end and its errors make it unusable at once.
 * It must not know what the bytes mean.
 */
import type { OnReadOpts, Socket } from 'node:net';
import { DIRECTION } from '../observe/counters.ts';
import type { DataCounters } from '../observe/data-counters.ts';
import { errnoOf } from '../lib/errors.ts';
import type { ReadBuffers } from './read-buffers.ts';
import type { ClientPort, OutputSource } from './client-port.ts';
import { readBeforeClose } from './read-before-close.ts';
import { reset } from './reset.ts';
import type { UpstreamCapacity } from './upstream-capacity.ts';
import type { BatchedOutput, WriteBatch } from './write-batch.ts';

export interface UpstreamUser {
  /** `buffer[0, length)`; unless `connection.ownsBuffer`, it is overwritten after the call. */
  onUpstreamData(buffer: Buffer, length: number): void;
  /** The origin has finished sending (FIN). */
  onUpstreamEnd(): void;
  /** The connection is gone; `code` is the errno name, null after an orderly close. */
  onUpstreamClosed(code: string | null): void;
  /** The kernel has taken what made the connection congested. Told after `awaitDrain`. */
  onUpstreamDrained(): void;
}

/** Of the pool: one origin's idle connections on one route. */
export interface PooledOrigin {
  /** Of its route. */
  readonly of: Map<string, PooledOrigin>;
  /** The one that is taken next. */
  top: UpstreamConnection | null;
  idle: number;
  /** Open connections that have been in the pool, idle or in use. */
  open: number;
}

/** What all connections of a thread share. */
export interface ConnectionParts {
  readonly buffers: ReadBuffers;
  readonly counters: DataCounters;
  readonly capacity: UpstreamCapacity;
}

/** Of one connection: the key of its destination (canonical host and port), and the way it goes (upstream-capacity.ts). */
export interface ConnectionEnds {
  readonly key: string;
  readonly way: number;
}

export class UpstreamConnection implements BatchedOutput, OutputSource {
  readonly socket: Socket;
  readonly key: string;
  /** Who uses the connection. It is null while the connection is idle. */
  user: UpstreamUser | null = null;
  /** It has carried a complete exchange before: an early close may be its age, not an answer. */
  reused = false;
  /** It carries NTLM or Negotiate authentication: it belongs to one client. */
  isBound = false;
  /** A request with a body was sent on it: it is for nobody but the client that sent it. */
  carriedBody = false;
  /** It begins with a PROXY header: whatever is sent on it is taken for that client's. */
  namesClient = false;
  /** Of the pool: its lists, and the coarse time it became idle. */
  older: UpstreamConnection | null = null;
  newer: UpstreamConnection | null = null;
  above: UpstreamConnection | null = null;
  below: UpstreamConnection | null = null;
  idleSince = 0;
  /** The origin in the pool. It is null until the connection is first idle. */
  origin: PooledOrigin | null = null;
  onClosed: ((connection: UpstreamConnection) => void) | null = null;
  onIdleGone: ((connection: UpstreamConnection) => void) | null = null;
  waitsIn: WriteBatch | null = null;
  #buffer: Buffer;
  readonly #buffers: ReadBuffers;
  readonly #counters: DataCounters;
  readonly #capacity: UpstreamCapacity;
  readonly #way: number;
  #wantsOwn = false;
  #paused = false;
  #error: string | null = null;
  #ended = false;
  #awaitsDrain = false;

  /**
   * @param open makes the socket; `onread` is how this connection wants to be read, and must be given to it.
   */
  constructor(
    open: (onread: OnReadOpts) => Socket,
    { key, way }: ConnectionEnds,
    { buffers, counters, capacity }: ConnectionParts,
  ) {
    this.key = key;
    this.#buffers = buffers;
    this.#counters = counters;
    this.#capacity = capacity;
    this.#way = way;
    this.#buffer = buffers.shared;
    this.socket = open({
      buffer: () => this.#nextBuffer(),
      // oxlint-disable-next-line typescript/consistent-type-assertions -- it is the buffer that `buffer` has given; a look at each read would be for nothing
      callback: (length, buffer) => this.#onRead(length, buffer as Buffer),
    });
    readBeforeClose(this.socket);
    capacity.opened();
    this.socket.on('end', () => this.#onEnd());
    this.socket.on('error', (error) => {
      this.#error ??= errnoOf(error);
    });
    this.socket.on('close', () => this.#onClose());
  }

  /** The buffer just read into belongs to this connection alone: it may be written on without a copy. */
  get ownsBuffer(): boolean {
    return this.#buffer !== this.#buffers.shared;
  }

  /** Any client may send on it. */
  get isShareable(): boolean {
    return !this.isBound && !this.carriedBody && !this.namesClient;
  }

  get usable(): boolean {
    return !this.socket.destroyed && !this.#ended && this.#error === null && this.socket.writable;
  }

  /** It may carry another request: it goes the way that it would be made to go now. */
  get isReusable(): boolean {
    return this.usable && this.#way === this.#capacity.way;
  }

  pause(): void {
    this.#paused = true;
    this.socket.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.socket.resume();
  }

  // ── To the origin ──

  /** Bytes that the kernel has not taken. */
  get unsent(): number {
    return this.socket.writableLength;
  }

  /** Bytes that were ever written, taken or not; those that wait in the batch are not among them. */
  get bytesWritten(): number {
    return this.socket.bytesWritten;
  }

  /** So much is unsent that whoever feeds it should wait. */
  get isCongested(): boolean {
    return this.socket.writableNeedDrain;
  }

  /** Writes buffer[start, end), which is read until the kernel has taken it. */
  write(buffer: Buffer, start: number, end: number): void {
    this.waitsIn?.flush();
    this.writeNow(buffer.subarray(start, end));
  }

  /** A byte string. */
  writeText(text: string): void {
    this.waitsIn?.flush();
    if (!this.socket.destroyed) this.socket.write(text, 'latin1');
  }

  /** The writes between the two go out in one. */
  cork(): void {
    this.socket.cork();
  }

  uncork(): void {
    this.socket.uncork();
  }

  /** What is written after the origin has gone is dropped: its end is told a moment later. */
  writeNow(bytes: Buffer): void {
    if (!this.socket.destroyed) this.socket.write(bytes);
  }

  batchWritten(): void {
    // Nothing else waits for that.
  }

  /** Its user is told once when it is not congested any more. */
  awaitDrain(): void {
    if (this.#awaitsDrain) return;
    this.#awaitsDrain = true;
    this.socket.once('drain', () => {
      this.#awaitsDrain = false;
      this.user?.onUpstreamDrained();
    });
  }

  /** FIN, behind all that was written. */
  end(): void {
    this.waitsIn?.flush();
    this.socket.end();
  }

  // ── From the origin ──

  /** A large body is over, and no write refers to the buffer any more. Called from onUpstreamData. */
  shrinkBuffer(): void {
    this.#wantsOwn = false;
  }

  /** Nothing more comes for this reader, which may not have taken all yet: until then the buffer is its own. */
  detachBuffer(reader: Pick<ClientPort, 'unsent' | 'whenReleased'>): void {
    this.#wantsOwn = false;
    if (!this.ownsBuffer || reader.unsent === 0) return;
    const buffer = this.#buffer;
    this.#buffer = this.#buffers.shared;
    reader.whenReleased((isTaken) => (isTaken ? this.#buffers.giveBack(buffer) : this.#buffers.drop()));
  }

  destroy(): void {
    this.user = null;
    this.socket.destroy();
  }

  /** Ends with RST: what was sent must not look complete. */
  reset(): void {
    this.user = null;
    reset(this.socket);
  }

  #onRead(length: number, buffer: Buffer): boolean {
    this.#counters.bytes(DIRECTION.upstream_in, length);
    if (this.user === null) {
      this.#leaveIdle();
      this.destroy();
      return false;
    }
    if (length === buffer.length) this.#wantsOwn = true;
    this.user.onUpstreamData(buffer, length);
    return true;
  }

  /** Asked after every read, so a change of mind takes effect before the next one. */
  #nextBuffer(): Buffer {
    if (this.#wantsOwn !== this.ownsBuffer) {
      if (this.#wantsOwn) this.#buffer = this.#buffers.takeOwn() ?? this.#buffers.shared;
      else {
        this.#buffers.giveBack(this.#buffer);
        this.#buffer = this.#buffers.shared;
      }
    }
    return this.#buffer;
  }

  #onEnd(): void {
    this.#ended = true;
    if (this.user !== null) this.user.onUpstreamEnd();
    else {
      this.#leaveIdle();
      this.destroy();
    }
  }

  #onClose(): void {
    this.#capacity.closed();
    const user = this.user;
    this.user = null;
    if (user !== null) user.onUpstreamClosed(this.#error);
    else this.#leaveIdle();
    // Nobody has taken it over: if something was to be written from it, the client is gone too.
    if (this.ownsBuffer) this.#buffers.drop();
    this.#buffer = this.#buffers.shared;
    this.onClosed?.(this);
  }

  #leaveIdle(): void {
    const gone = this.onIdleGone;
    this.onIdleGone = null;
    if (gone !== null) gone(this);
  }
}
