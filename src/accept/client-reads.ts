/**
 * Reads clients' sockets into one buffer of the thread, and hands each read on as bytes that are the receiver's own: a stream
 * makes 64 KB of memory for each read, shortens it, and looks for more to do in the next tick.
 *
 *   socket ─▶ the thread's buffer ─▶ short: copied, several into one piece of memory   ─▶ take(bytes)
 *         └─▶ a buffer of its own, while its reads are long: handed over, with no copy ─▶ take(bytes)
 *
 * node:net offers that for sockets that it connects (`onread`) and not for those that it accepts, so it goes by the fields that
 * `onread` fills and by the socket's handle, and only where they are as they are known to be; with another Node the bytes come by
 * 'data', as everywhere. It must not be relied upon for anything but time, and never hands on the thread's own buffer.
 *
 * Only for a thread that ends with the first uncaught exception, as data threads do: if one is thrown in a callback behind a read
 * (process.nextTick, a promise), Node drops the next buffer, reads into the one before, and tells us of the other, which holds anything.
 */
import type { Socket } from 'node:net';
import { socketHandle } from '../lib/socket-handle.ts';

const SHARED_BYTES = 64 * 1024;
/** A read of so many bytes is handed over rather than copied: a copy takes longer than memory for the next read. */
const LONG_READ = 8 * 1024;
/** Reads up to this are copied into memory that several of them share; whoever keeps one of them keeps all of that memory. */
const SHORT_READ = 1024;
const PIECE_BYTES = 4 * 1024;
/** Own buffers are a multiple of it. */
const ROUND_BYTES = 1024;
/** Sockets of a thread that may have a buffer of their own, 64 MiB of them: the reads of all others are copied. */
export const MAX_OWN_CLIENT_BUFFERS = 1024;

/** How one client's socket is read. */
export interface ClientRead {
  /** The socket is closed. */
  end(): void;
}

/** What `onread` fills in of a socket. */
interface Fields {
  readonly buffer: symbol;
  readonly callback: symbol;
  readonly generator: symbol;
}

interface Handle {
  readonly reading: boolean;
  useUserBuffer(buffer: Buffer): unknown;
}

/** One for the thread. */
export class ClientReads {
  readonly shared = Buffer.allocUnsafeSlow(SHARED_BYTES);
  /** Undefined: no socket has been looked at yet. Null: this Node has other ones. */
  #fields: Fields | null | undefined = undefined;
  #piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
  #used = 0;
  #owners = 0;

  /** Sockets that have a buffer of their own. */
  get owners(): number {
    return this.#owners;
  }

  /** From now on `take` is called with what the socket reads; nobody else may listen for its 'data'. */
  begin(socket: Socket, take: (bytes: Buffer) => void): ClientRead {
    if (this.#fields === undefined) this.#fields = fieldsOf(socket);
    const handle = handleOf(socket);
    // What the stream has read already it has to hand out itself.
    if (this.#fields === null || handle === null || socket.readableLength > 0) {
      socket.on('data', take);
      return NOTHING_TO_END;
    }
    const read = new SharedRead(this, socket, this.#fields.generator, take);
    if (hasFields(socket)) {
      socket[this.#fields.buffer] = this.shared;
      socket[this.#fields.callback] = read.arrived;
    }
    handle.useUserBuffer(this.shared);
    // One that nobody has paused is read already. Its stream hears of its end in any case, and to resume it takes a turn of its own.
    if (!handle.reading || socket.readableFlowing !== null) socket.resume();
    return read;
  }

  /** @returns the first `length` bytes of `buffer`, in memory that nobody writes to any more */
  copy(buffer: Buffer, length: number): Buffer {
    if (length > SHORT_READ) {
      const bytes = Buffer.allocUnsafeSlow(length);
      buffer.copy(bytes, 0, 0, length);
      return bytes;
    }
    if (this.#used + length > PIECE_BYTES) {
      this.#piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += length;
    buffer.copy(this.#piece, start, 0, length);
    return this.#piece.subarray(start, this.#used);
  }

  /** @returns false if too many have one */
  addOwner(): boolean {
    if (this.#owners >= MAX_OWN_CLIENT_BUFFERS) return false;
    this.#owners += 1;
    return true;
  }

  removeOwner(): void {
    this.#owners -= 1;
  }
}

const NOTHING_TO_END: ClientRead = {
  end() {
    // Its memory is the stream's.
  },
};

class SharedRead implements ClientRead {
  readonly #reads: ClientReads;
  readonly #socket: Socket;
  readonly #generator: symbol;
  readonly #take: (bytes: Buffer) => void;
  #isOwner = false;
  /** Of its next buffer. */
  #size = SHARED_BYTES;

  constructor(reads: ClientReads, socket: Socket, generator: symbol, take: (bytes: Buffer) => void) {
    this.#reads = reads;
    this.#socket = socket;
    this.#generator = generator;
    this.#take = take;
  }

  /** @returns true: reading goes on */
  readonly arrived = (length: number, buffer: Buffer): boolean => {
    const isLong = length >= LONG_READ;
    if (isLong !== this.#isOwner) this.#change(isLong);
    this.#size = sizeBehind(length, buffer.length);
    this.#take(isLong && buffer !== this.#reads.shared ? buffer.subarray(0, length) : this.#reads.copy(buffer, length));
    return true;
  };

  end(): void {
    if (this.#isOwner) this.#reads.removeOwner();
    this.#isOwner = false;
  }

  /** The buffer for the next read is asked for behind each read while reads are long, and once more behind the first that is not. */
  #change(toOwn: boolean): void {
    if (!toOwn) this.end();
    else if (this.#reads.addOwner()) this.#isOwner = true;
    else return;
    Reflect.set(this.#socket, this.#generator, this.#next);
  }

  readonly #next = (): Buffer => {
    if (this.#isOwner) return Buffer.allocUnsafeSlow(this.#size);
    Reflect.set(this.#socket, this.#generator, null);
    return this.#reads.shared;
  };
}

/**
 * What a read is handed over in is kept, and collected, whole: it is hardly more than the reads take (ADR 0001), and twice as much where
 * the last one filled its own.
 */
function sizeBehind(length: number, size: number): number {
  return Math.min(SHARED_BYTES, length === size ? length * 2 : Math.ceil(length / ROUND_BYTES + 1) * ROUND_BYTES);
}

function fieldsOf(socket: Socket): Fields | null {
  const symbols = Object.getOwnPropertySymbols(socket);
  const named = (name: string): symbol | undefined => symbols.find(({ description }) => description === name);
  const [buffer, callback, generator] = ['kBuffer', 'kBufferCb', 'kBufferGen'].map(named);
  return buffer === undefined || callback === undefined || generator === undefined
    ? null
    : { buffer, callback, generator };
}

function handleOf(socket: Socket): Handle | null {
  const handle = socketHandle(socket);
  return handle !== null && isHandle(handle) ? handle : null;
}

function isHandle(value: object): value is Handle {
  return (
    'useUserBuffer' in value &&
    typeof value.useUserBuffer === 'function' &&
    'reading' in value &&
    typeof value.reading === 'boolean'
  );
}

/** Its fields can be written as those of any other object: `Reflect.set` leaves compiled code for each. */
function hasFields(value: unknown): value is Record<symbol, unknown> {
  return typeof value === 'object' && value !== null;
}
