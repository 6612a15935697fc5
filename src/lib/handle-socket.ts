/**
 * A TCP socket right on libuv's handle. A net.Socket is two streams with their queues and ticks, which costs a short connection more
 * than all that is done with it (docs/adr/0022-sockets.md); this has one state, and tells its events as they come:
 *
 *   read ─▶ data … end ─┐             write ─▶ handle-writes.ts ─▶ drain
 *                       ├─▶ close       end ─▶ FIN behind all that was written ─┐
 *   destroy, error, RST ┘◀───────────────────── both sides have ended ──────────┘
 *
 * It may be half open. Reads that are paused stop in the kernel: nothing is kept here. They go to a buffer that is given (`onread`),
 * or are told as 'data', each in a buffer of its own. It must not know what the bytes mean.
 */
import { EventEmitter } from 'node:events';
import { isIPv6, type OnReadOpts } from 'node:net';
import { getSystemErrorName } from 'node:util';
import { HandleWrites, type WritesOwner, type Written } from './handle-writes.ts';
import type { EndNames, TcpHandle, TcpHandles } from './tcp-handles.ts';
import type { TcpSocket } from './tcp-socket.ts';

/** Of libuv: the peer has ended its side. */
const END_OF_FILE = -4095;
/** What is told as 'data' is read into this, and copied before the next read. */
const SHARED = Buffer.allocUnsafeSlow(64 * 1024);

export class HandleSocket extends EventEmitter implements TcpSocket, WritesOwner {
  destroyed = false;
  writableEnded = false;
  writableFinished = false;
  readonly #handles: TcpHandles;
  readonly #handle: TcpHandle;
  readonly #writes: HandleWrites;
  readonly #onread: OnReadOpts | null;
  /** Where the kernel's bytes go: it must live as long as the handle. */
  #buffer: Uint8Array;
  #isConnecting: boolean;
  #isPaused = false;
  #isReading = false;
  #hasReadEnd = false;
  #putBack: Buffer | null = null;
  #isFinishing = false;
  #closesBehindEnd = false;
  readonly #whenFinished: (() => void)[] = [];
  #near: EndNames | null = null;
  #far: EndNames | null = null;

  /** @param onread null: it has been accepted, and its reads are told as 'data'; else it is to be connected. */
  constructor(handles: TcpHandles, handle: TcpHandle, onread: OnReadOpts | null) {
    super();
    this.#handles = handles;
    this.#handle = handle;
    this.#onread = onread;
    this.#isConnecting = onread !== null;
    this.#writes = new HandleWrites(handles, handle, this, this.#isConnecting);
    this.#buffer = onread === null ? SHARED : bufferOf(onread);
    handle.onread = () => this.#onRead();
    handle.useUserBuffer(this.#buffer);
  }

  get localAddress(): string | undefined {
    return this.#nearEnd.address;
  }

  get localPort(): number | undefined {
    return this.#nearEnd.port;
  }

  get remoteAddress(): string | undefined {
    return this.#farEnd.address;
  }

  get remotePort(): number | undefined {
    return this.#farEnd.port;
  }

  get #nearEnd(): EndNames {
    if (this.#near === null) this.#handle.getsockname((this.#near = {}));
    return this.#near;
  }

  get #farEnd(): EndNames {
    if (this.#far === null) this.#handle.getpeername((this.#far = {}));
    return this.#far;
  }

  /** Begins to connect; tells 'connect', or 'error' and 'close'. */
  connect(address: string, port: number): this {
    const request = this.#handles.newConnect();
    request.oncomplete = (status) => this.#connected(status);
    const status = isIPv6(address)
      ? this.#handle.connect6(request, address, port)
      : this.#handle.connect(request, address, port);
    if (status !== 0) this.#fail('connect', status);
    return this;
  }

  #connected(status: number): void {
    if (this.destroyed) return;
    if (status < 0) return this.#fail('connect', status);
    this.#isConnecting = false;
    this.#handle.setNoDelay(true);
    this.emit('connect');
    this.#read();
    this.#writes.letGo();
  }

  // ── Reads ──

  pause(): this {
    this.#isPaused = true;
    if (this.#isReading && !this.destroyed) this.#handle.readStop();
    this.#isReading = false;
    return this;
  }

  resume(): this {
    this.#isPaused = false;
    if (this.#putBack !== null) process.nextTick(() => this.#giveAgain());
    this.#read();
    return this;
  }

  unshift(bytes: Buffer): void {
    this.#putBack = bytes;
  }

  #giveAgain(): void {
    const bytes = this.#putBack;
    if (bytes === null || this.#isPaused || this.destroyed) return;
    this.#putBack = null;
    this.emit('data', bytes);
  }

  #read(): void {
    if (this.#isReading || this.#isPaused || this.#hasReadEnd || this.#isConnecting || this.destroyed) return;
    this.#isReading = true;
    const status = this.#handle.readStart();
    if (status !== 0) this.#fail('read', status);
  }

  #onRead(): Uint8Array | undefined {
    const { state, readLength } = this.#handles;
    const length = state[readLength] ?? 0;
    if (length > 0) return this.destroyed ? undefined : this.#taken(length);
    if (length === END_OF_FILE) this.#readEnd();
    else if (length < 0) this.#fail('read', length);
    return undefined;
  }

  /** @returns another buffer for the next read; undefined: the same */
  #taken(length: number): Uint8Array | undefined {
    const onread = this.#onread;
    if (onread === null) {
      this.emit('data', Buffer.from(SHARED.subarray(0, length)));
      return undefined;
    }
    onread.callback(length, this.#buffer);
    const next = bufferOf(onread);
    if (next === this.#buffer) return undefined;
    return (this.#buffer = next);
  }

  #readEnd(): void {
    if (this.destroyed) return;
    this.#hasReadEnd = true;
    this.#isReading = false;
    this.emit('end');
    if (this.writableFinished) this.destroy();
  }

  // ── Writes ──

  get writable(): boolean {
    return !this.writableEnded && !this.destroyed;
  }

  get writableLength(): number {
    return this.#writes.length;
  }

  get writableNeedDrain(): boolean {
    return this.#writes.needsDrain;
  }

  get bytesWritten(): number {
    return this.#writes.total;
  }

  /** What is written after the end is dropped. */
  write(data: Uint8Array | string, then?: Written | 'latin1'): boolean {
    const written = typeof then === 'function' ? then : null;
    if (this.writable) this.#writes.write(typeof data === 'string' ? Buffer.from(data, 'latin1') : data, written);
    else if (written !== null) process.nextTick(written, new Error('the socket has ended'));
    return !this.#writes.needsDrain;
  }

  cork(): void {
    this.#writes.hold();
  }

  uncork(): void {
    this.#writes.letGo();
  }

  drained(): void {
    this.emit('drain');
  }

  flushed(): void {
    if (this.writableEnded) this.#finish();
  }

  writeFailed(status: number): void {
    this.#fail('write', status);
  }

  // ── Ends ──

  end(finished?: () => void): this {
    if (finished !== undefined && this.writableFinished) process.nextTick(finished);
    else if (finished !== undefined) this.#whenFinished.push(finished);
    if (!this.writable) return this;
    this.writableEnded = true;
    if (this.#writes.isFree) this.#finish();
    return this;
  }

  #finish(): void {
    if (this.#isFinishing || this.destroyed) return;
    this.#isFinishing = true;
    const request = this.#handles.newShutdown();
    request.oncomplete = () => this.#finished();
    // Who is gone already needs no end.
    if (this.#handle.shutdown(request) !== 0) process.nextTick(() => this.#finished());
  }

  #finished(): void {
    if (this.destroyed) return;
    this.writableFinished = true;
    for (const finished of this.#whenFinished.splice(0)) finished();
    if (this.#closesBehindEnd || this.#hasReadEnd) this.destroy();
  }

  destroySoon(): void {
    this.end();
    if (this.writableFinished) this.destroy();
    else this.#closesBehindEnd = true;
  }

  destroy(): this {
    this.#close(null, false);
    return this;
  }

  /** A connection that has not come about, and one whose end is on its way, are closed: libuv resets neither. */
  resetAndDestroy(): this {
    this.#close(null, !this.#isConnecting && this.#isFinishing === this.writableFinished);
    return this;
  }

  #fail(call: string, status: number): void {
    const code = getSystemErrorName(status);
    this.#close(Object.assign(new Error(`${call} ${code}`), { code }), false);
  }

  #close(error: Error | null, withReset: boolean): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.#writes.stop();
    if (error !== null) process.nextTick(() => this.emit('error', error));
    const closed = (): void => void this.emit('close', error !== null);
    if (withReset) this.#handle.reset(closed);
    else this.#handle.close(closed);
  }
}

function bufferOf({ buffer }: OnReadOpts): Uint8Array {
  return typeof buffer === 'function' ? buffer() : buffer;
}
