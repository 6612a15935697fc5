/**
 * What is written on a socket, until the kernel has it: at once, nearly always, else in order and as few system calls as can be.
 *
 *   write ─┬─ nothing waits ─▶ kernel ─▶ taken
 *          └─ connecting, corked, or before it something is not taken ─▶ waits ─▶ all together
 *
 * Who is told that something is with the kernel is told later, never from inside of `write`. It must not read, and not close.
 */
import type { HandleRequest, TcpHandle, TcpHandles } from './tcp-handles.ts';

/** What is written is with the kernel; an error: it never will be. */
export type Written = (error?: Error | null) => void;

export interface WritesOwner {
  writeFailed(status: number): void;
  /** There is room again. */
  drained(): void;
  /** Nothing waits. */
  flushed(): void;
}

interface Write {
  readonly bytes: Uint8Array;
  readonly written: Written | null;
}

/** Bytes that wait, from which on who writes should wait; as node:net has it. */
const HIGH_WATER = 64 * 1024;
/** For the next write of the thread. It is used up only where the kernel does not take all at once. */
let nextRequest: HandleRequest | null = null;

export class HandleWrites {
  /** Bytes that the kernel has not taken. */
  length = 0;
  /** Bytes that were ever written. */
  total = 0;
  needsDrain = false;
  readonly #handles: TcpHandles;
  readonly #handle: TcpHandle;
  readonly #owner: WritesOwner;
  /** With libuv: the kernel has not taken all of it. */
  #under: readonly Write[] | null = null;
  #waiting: Write[] = [];
  /** Reasons to hold what is written: it is corked, so often, or the socket connects. */
  #holds: number;
  #isOver = false;

  constructor(handles: TcpHandles, handle: TcpHandle, owner: WritesOwner, isHeld: boolean) {
    this.#handles = handles;
    this.#handle = handle;
    this.#owner = owner;
    this.#holds = isHeld ? 1 : 0;
  }

  /** Nothing waits, and what is written now goes to the kernel. */
  get isFree(): boolean {
    return this.#holds === 0 && this.#under === null && this.#waiting.length === 0;
  }

  write(bytes: Uint8Array, written: Written | null): void {
    this.total += bytes.length;
    this.length += bytes.length;
    if (written === null && this.isFree) this.#writeNow(bytes);
    else {
      this.#waiting.push({ bytes, written });
      this.#flush();
    }
    if (this.length >= HIGH_WATER) this.needsDrain = true;
  }

  hold(): void {
    this.#holds += 1;
  }

  /** After the last `hold`, and once after a socket that began held, all that waits goes out. */
  letGo(): void {
    this.#holds -= 1;
    this.#flush();
    if (this.isFree) this.#owner.flushed();
  }

  /** The socket is closed: nothing else is taken. */
  stop(): void {
    this.#isOver = true;
    this.#tellLater(this.#waiting.splice(0));
  }

  #writeNow(bytes: Uint8Array): void {
    const status = this.#handle.writeBuffer(this.#request, bytes);
    if (status !== 0) this.#owner.writeFailed(status);
    else if (this.#isTaken) this.length -= bytes.length;
    else this.#await([{ bytes, written: null }]);
  }

  #flush(): void {
    if (this.#under !== null || this.#holds > 0 || this.#waiting.length === 0) return;
    const writes = this.#waiting;
    this.#waiting = [];
    const chunks = writes.map(({ bytes }) => bytes).filter(({ length }) => length > 0);
    if (chunks.length > 0) {
      const status = this.#handle.writev(this.#request, chunks, true);
      if (status !== 0) this.#owner.writeFailed(status);
      else if (!this.#isTaken) return this.#await(writes);
    }
    this.#settle(writes);
    this.#tellLater(writes);
    if (this.needsDrain) process.nextTick(() => this.#drain());
  }

  /** Of the last write. */
  get #isTaken(): boolean {
    const { state, isWriting } = this.#handles;
    return state[isWriting] === 0;
  }

  get #request(): HandleRequest {
    return (nextRequest ??= this.#handles.newWrite());
  }

  #await(writes: readonly Write[]): void {
    this.#under = writes;
    this.#request.oncomplete = (status) => this.#completed(status);
    nextRequest = null;
  }

  #completed(status: number): void {
    const writes = this.#under ?? [];
    this.#under = null;
    this.#settle(writes);
    if (status < 0 && !this.#isOver) this.#owner.writeFailed(status);
    for (const { written } of writes) written?.(this.#loss);
    if (this.#isOver) return;
    this.#flush();
    this.#drain();
    if (this.isFree) this.#owner.flushed();
  }

  #settle(writes: readonly Write[]): void {
    for (const { bytes } of writes) this.length -= bytes.length;
  }

  #tellLater(writes: readonly Write[]): void {
    for (const { written } of writes) if (written !== null) process.nextTick(written, this.#loss);
  }

  /** Of what has not been taken by now. */
  get #loss(): Error | null {
    return this.#isOver ? new Error('the socket is closed') : null;
  }

  #drain(): void {
    if (!this.needsDrain || this.length > 0 || this.#isOver) return;
    this.needsDrain = false;
    this.#owner.drained();
  }
}
