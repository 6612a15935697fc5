/** A connection to an origin on a socket without a kernel: what the origin does with it, and who uses it. */
import type { UpstreamConnection, UpstreamUser } from '../../src/forward/upstream-connection.ts';
import { FakeSocket, type Later, type Trace } from './fake-socket.ts';

export class FakeUpstream {
  readonly socket: FakeSocket;
  readonly key: string;
  readonly #actor: string;
  readonly #trace: Trace;
  readonly #buffer = Buffer.alloc(256 * 1024);
  #paused = false;
  #error: string | null = null;
  #ended = false;
  user: UpstreamUser | null = null;
  reused = false;
  isBound = false;
  carriedBody = false;
  namesClient = false;
  older: UpstreamConnection | null = null;
  newer: UpstreamConnection | null = null;
  above: UpstreamConnection | null = null;
  below: UpstreamConnection | null = null;
  idleSince = 0;
  origin: UpstreamConnection['origin'] = null;
  onClosed: UpstreamConnection['onClosed'] = null;
  onIdleGone: UpstreamConnection['onIdleGone'] = null;
  ownsBuffer = false;
  waitsIn: UpstreamConnection['waitsIn'] = null;

  constructor(key: string, number: number, trace: Trace, later: Later) {
    this.key = key;
    this.#actor = `origin ${number}`;
    this.#trace = trace;
    this.socket = new FakeSocket(this.#actor, trace, later);
    this.socket.on('error', ({ code }: NodeJS.ErrnoException) => (this.#error ??= code ?? ''));
    this.socket.on('close', () => this.#closed());
    this.socket.on('data', (chunk: Buffer) => this.#read(chunk));
    this.socket.on('end', () => this.#end());
  }

  get real(): UpstreamConnection {
    return this as unknown as UpstreamConnection;
  }

  get isShareable(): boolean {
    return !this.isBound && !this.carriedBody && !this.namesClient;
  }

  get usable(): boolean {
    return !this.socket.destroyed && !this.#ended && this.#error === null && this.socket.writable;
  }

  get isReusable(): boolean {
    return this.usable;
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

  takeOwnBuffer(): void {
    this.ownsBuffer = true;
  }

  shrinkBuffer(): void {
    this.ownsBuffer = false;
  }

  get unsent(): number {
    return this.socket.writableLength;
  }

  get bytesWritten(): number {
    return this.socket.bytesWritten;
  }

  get isCongested(): boolean {
    return this.socket.writableNeedDrain;
  }

  write(buffer: Buffer, start: number, end: number): void {
    this.waitsIn?.flush();
    this.writeNow(buffer.subarray(start, end));
  }

  writeText(text: string): void {
    this.waitsIn?.flush();
    this.writeNow(Buffer.from(text, 'latin1'));
  }

  writeNow(bytes: Buffer): void {
    if (!this.socket.destroyed) this.socket.write(bytes);
  }

  batchWritten(): void {
    // As the real ones.
  }

  cork(): void {
    // Bytes are what the trace shows.
  }

  uncork(): void {
    // As above.
  }

  awaitDrain(): void {
    this.socket.once('drain', () => this.user?.onUpstreamDrained());
  }

  end(): void {
    this.waitsIn?.flush();
    this.socket.end();
  }

  detachBuffer(): void {
    // Whose the buffer is shows in the bytes: it is written over by the next read.
  }

  destroy(): void {
    this.user = null;
    this.socket.destroy();
  }

  reset(): void {
    this.user = null;
    this.socket.resetAndDestroy();
  }

  #read(chunk: Buffer): void {
    if (this.user === null) return this.#gone();
    // As the real ones do: one buffer, valid during the call.
    this.#buffer.fill('!', 0, Math.min(chunk.length + 64, this.#buffer.length));
    chunk.copy(this.#buffer);
    this.user.onUpstreamData(this.#buffer, chunk.length);
    if (!this.ownsBuffer) this.#buffer.fill('?', 0, chunk.length);
  }

  #end(): void {
    this.#ended = true;
    if (this.user === null) this.#gone();
    else this.user.onUpstreamEnd();
  }

  #gone(): void {
    this.#trace.add(`${this.#actor} gone while idle`);
    this.#leaveIdle();
    this.destroy();
  }

  #closed(): void {
    const { user } = this;
    this.user = null;
    if (user === null) this.#leaveIdle();
    else user.onUpstreamClosed(this.#error);
    this.onClosed?.(this.real);
  }

  #leaveIdle(): void {
    const gone = this.onIdleGone;
    this.onIdleGone = null;
    gone?.(this.real);
  }
}
