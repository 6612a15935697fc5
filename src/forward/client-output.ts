/**
 * Writes what was read upstream to the client, with back-pressure: as long as the kernel has not taken everything, the
 * upstream connection is not read. So at most one read is held per client, however slow it is.
 */
import type { Socket } from 'node:net';
import type { Scratch } from './scratch.ts';
import type { UpstreamConnection } from './upstream-connection.ts';

const EMPTY = Buffer.alloc(0);
/** A read this short says that a burst is over: tunnels and streams of hours must not keep the large buffer of one. */
const TRICKLE_BYTES = 16 * 1024;

/** Who has to know that the client has taken what it was given. */
export interface OutputUser {
  outputFlushed(): void;
}

export class ClientOutput {
  readonly #socket: Socket;
  readonly #scratch: Scratch;
  readonly #user: OutputUser;
  #held: UpstreamConnection | null = null;

  constructor(socket: Socket, scratch: Scratch, user: OutputUser) {
    this.#socket = socket;
    this.#scratch = scratch;
    this.#user = user;
  }

  /** Writes buf[start, end), which `upstream` has just read. */
  relay(upstream: UpstreamConnection, buf: Buffer, start: number, end: number): void {
    if (upstream.ownsBuffer) this.#socket.write(buf.subarray(start, end));
    else {
      this.#scratch.begin().copy(buf, start, end);
      this.#scratch.send(this.#socket);
    }
  }

  /** Stops reading upstream until what is written has gone out. `length`: of the last read. */
  holdUntilFlushed(upstream: UpstreamConnection, length: number): void {
    if (this.#socket.writableLength === 0) {
      if (length < TRICKLE_BYTES) upstream.relax();
      return;
    }
    if (this.#held !== null) return;
    this.#held = upstream;
    upstream.pause();
    this.#socket.write(EMPTY, this.#onFlushed);
  }

  /** The upstream connection goes elsewhere: it must be readable there. */
  letGo(): void {
    const held = this.#held;
    this.#held = null;
    if (held !== null) held.resume();
  }

  readonly #onFlushed = (): void => {
    if (this.#held === null) return;
    this.letGo();
    this.#user.outputFlushed();
  };
}
