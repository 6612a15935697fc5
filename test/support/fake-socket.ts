/**
 * A socket without a kernel: what is done to it goes into a trace, and the test says what the peer sends, takes or ends.
 * It behaves as net.Socket does in the members that are used; what Node would tell later is told by `settle`.
 *
 *   write ─▶ held while the peer stalls ─▶ taken: one line of the trace      push, finish, gone: what the peer does
 */
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';

/** What happened, in order. Bytes that follow each other for one actor are one line. */
export class Trace {
  readonly lines: string[] = [];
  #actor = '';

  add(line: string): void {
    this.#actor = '';
    this.lines.push(line);
  }

  bytes(actor: string, bytes: Buffer): void {
    const text = readable(bytes);
    if (this.#actor === actor) this.lines.push(`${this.lines.pop() ?? ''}${text}`);
    else this.lines.push(`${actor} < ${text}`);
    this.#actor = actor;
  }
}

/** Long runs of one character are told by their length. */
function readable(bytes: Buffer): string {
  return bytes
    .toString('latin1')
    .replaceAll('\r\n', '⏎')
    .replaceAll(/([^⏎])\1{15,}/g, (run: string, char: string) => `${char}{${run.length}}`);
}

/** What is told later: in a queue that the test empties. */
export class Later {
  readonly #queue: (() => void)[] = [];

  push(action: () => void): void {
    this.#queue.push(action);
  }

  settle(): void {
    for (let action = this.#queue.shift(); action !== undefined; action = this.#queue.shift()) action();
  }
}

interface Write {
  readonly bytes: Buffer;
  readonly done: (error?: Error | null) => void;
}

const HIGH_WATER = 64 * 1024;

export class FakeSocket extends EventEmitter {
  readonly #actor: string;
  readonly #trace: Trace;
  readonly #later: Later;
  readonly #held: Write[] = [];
  readonly #unread: (Buffer | null)[] = [];
  /** The peer takes nothing. */
  #stalled = false;
  #paused = false;
  #needDrain = false;
  #readableEnded = false;
  readonly #finish: (() => void)[] = [];
  destroyed = false;
  writableEnded = false;
  writableFinished = false;
  closed = false;
  bytesWritten = 0;
  /** What the peer was given. */
  taken = '';

  constructor(actor: string, trace: Trace, later: Later) {
    super();
    this.#actor = actor;
    this.#trace = trace;
    this.#later = later;
  }

  get real(): Socket {
    return this as unknown as Socket;
  }

  get writable(): boolean {
    return !this.destroyed && !this.writableEnded;
  }

  get writableLength(): number {
    return this.#held.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  get writableNeedDrain(): boolean {
    return this.#needDrain && this.writable;
  }

  write(data: Buffer | string, ...rest: readonly unknown[]): boolean {
    const callback = rest.find((each): each is Write['done'] => typeof each === 'function') ?? ((): void => {});
    const bytes = typeof data === 'string' ? Buffer.from(data, 'latin1') : data;
    if (!this.writable) {
      this.#trace.add(`${this.#actor}: ${bytes.length} bytes written after the end`);
      this.#later.push(() => callback(new Error('write after end')));
      return false;
    }
    this.bytesWritten += bytes.length;
    this.#held.push({ bytes, done: callback });
    if (!this.#stalled) this.#take();
    if (this.writableLength >= HIGH_WATER) this.#needDrain = true;
    return this.writableLength < HIGH_WATER;
  }

  end(callback?: () => void): this {
    if (callback !== undefined) this.#finish.push(callback);
    if (!this.writableEnded) {
      this.writableEnded = true;
      this.#finishIfTaken();
    }
    return this;
  }

  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.#finish.push(() => this.destroy());
  }

  destroy(): this {
    if (!this.destroyed) this.#close(`${this.#actor} destroyed`, false);
    return this;
  }

  resetAndDestroy(): this {
    if (!this.destroyed) this.#close(`${this.#actor} reset`, false);
    return this;
  }

  pause(): this {
    if (!this.#paused && !this.destroyed) this.#trace.add(`${this.#actor} paused`);
    this.#paused = true;
    return this;
  }

  resume(): this {
    if (this.#paused && !this.destroyed) this.#trace.add(`${this.#actor} resumed`);
    this.#paused = false;
    this.#later.push(() => this.#deliver());
    return this;
  }

  cork(): void {
    // Bytes are what the trace shows, not how many calls they cost.
  }

  uncork(): void {
    // As above.
  }

  // ── What the peer does ──

  push(bytes: Buffer): void {
    this.#unread.push(bytes);
    this.#deliver();
  }

  /** FIN. */
  finish(): void {
    this.#unread.push(null);
    this.#deliver();
  }

  /** The connection is gone: with an errno name after an error. */
  gone(code: string | null): void {
    if (this.destroyed) return;
    if (code !== null) this.emit('error', Object.assign(new Error(code), { code }));
    this.#close(null, code !== null);
  }

  stall(): void {
    this.#stalled = true;
  }

  /** The peer takes all that it was sent, and goes on so. */
  takeAll(): void {
    this.#stalled = false;
    this.#take();
  }

  #deliver(): void {
    // A socket that is paused tells of the end all the same, where nothing is unread before it.
    while (!this.destroyed && this.#unread.length > 0 && !(this.#paused && this.#unread[0] !== null)) {
      const next = this.#unread.shift();
      if (next === null) {
        this.#readableEnded = true;
        this.emit('end');
        this.#closeIfOver();
      } else this.emit('data', next);
    }
  }

  #take(): void {
    for (let write = this.#held.shift(); write !== undefined; write = this.#held.shift()) {
      const { bytes, done } = write;
      if (bytes.length > 0) {
        this.#trace.bytes(this.#actor, bytes);
        this.taken += bytes.toString('latin1');
      }
      this.#later.push(() => done(null));
    }
    if (this.#needDrain) {
      this.#needDrain = false;
      this.#later.push(() => this.emit('drain'));
    }
    this.#finishIfTaken();
  }

  #finishIfTaken(): void {
    if (!this.writableEnded || this.writableFinished || this.destroyed || this.#held.length > 0) return;
    this.#trace.add(`${this.#actor} ended`);
    this.writableFinished = true;
    for (const callback of this.#finish.splice(0)) this.#later.push(callback);
    this.#later.push(() => this.#closeIfOver());
  }

  /** Both sides have ended: Node destroys it. */
  #closeIfOver(): void {
    if (this.#readableEnded && this.writableFinished && !this.destroyed) this.#close(`${this.#actor} closed`, false);
  }

  #close(line: string | null, hadError: boolean): void {
    if (line !== null) this.#trace.add(line);
    this.destroyed = true;
    const lost = this.#held.splice(0);
    this.#later.push(() => {
      for (const { done } of lost) done(new Error('closed'));
      this.closed = true;
      this.emit('close', hadError);
    });
  }
}
