/**
 * What the data plane uses of a TCP socket: members of net.Socket, with its meaning. A HandleSocket (handle-socket.ts) has them, and
 * so has net.Socket itself. It must not have more: each of them is work for whoever changes what is below.
 */
export interface TcpSocket {
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  /** Undefined: the connection was reset before it was accepted. */
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly destroyed: boolean;
  readonly writable: boolean;
  /** `end` was called. */
  readonly writableEnded: boolean;
  /** The kernel has the end, and all before it. */
  readonly writableFinished: boolean;
  /** Bytes that the kernel has not taken. */
  readonly writableLength: number;
  /** They are so many that whoever writes should wait for 'drain'. */
  readonly writableNeedDrain: boolean;
  /** Bytes that were ever written, taken or not. */
  readonly bytesWritten: number;

  on(event: 'data', listener: (bytes: Buffer) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'close', listener: (hadError: boolean) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
  once(event: 'connect' | 'close' | 'drain', listener: () => void): unknown;
  off(event: 'data', listener: (bytes: Buffer) => void): unknown;
  off(event: 'error', listener: (error: Error) => void): unknown;
  off(event: 'end' | 'close', listener: () => void): unknown;

  /** `written` is called later: with an error where the kernel never takes it. */
  write(bytes: Uint8Array, written?: (error?: Error | null) => void): boolean;
  write(text: string, encoding: 'latin1'): boolean;
  cork(): void;
  uncork(): void;
  end(finished?: () => void): unknown;
  destroy(): unknown;
  /** Behind all that was written. */
  destroySoon(): void;
  /** With RST. */
  resetAndDestroy(): unknown;

  pause(): unknown;
  /** Reads, and gives what was put back. */
  resume(): unknown;
  /** Puts back what comes first again. */
  unshift(bytes: Buffer): unknown;
}
