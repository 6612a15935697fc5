/**
 * What node:net itself is made of: handles of libuv, and requests to them. Nobody but handle-socket.ts and tcp-sockets.ts is to use it.
 *
 * Node has no public name for it (`process.binding`, DEP0111). So all that is used is looked for first, and where anything is
 * missing, or is not as it is known to be, there is nothing: then sockets are those of node:net, which do the same at a higher price.
 */

/** A TCP socket of libuv. What returns a number returns 0 or a negated errno. */
export interface TcpHandle {
  /** Called after each read, with how much it brought in `state`. @returns where to read into from now on, undefined: as before */
  onread: () => Uint8Array | undefined;
  useUserBuffer(buffer: Uint8Array): void;
  readStart(): number;
  readStop(): number;
  writeBuffer(request: HandleRequest, bytes: Uint8Array): number;
  writev(request: HandleRequest, chunks: readonly Uint8Array[], allAreBuffers: true): number;
  shutdown(request: HandleRequest): number;
  open(descriptor: number): number;
  connect(request: HandleRequest, address: string, port: number): number;
  connect6(request: HandleRequest, address: string, port: number): number;
  setNoDelay(on: boolean): number;
  getsockname(into: EndNames): number;
  getpeername(into: EndNames): number;
  close(closed: () => void): void;
  /** Closes with RST. */
  reset(closed: () => void): number;
}

export interface EndNames {
  address?: string;
  port?: number;
}

/** To a handle, once. `oncomplete` is called where it was not done at once, later. */
export interface HandleRequest {
  oncomplete: (status: number) => void;
}

export interface TcpHandles {
  readonly isHandle: (value: unknown) => value is TcpHandle;
  readonly newHandle: () => TcpHandle;
  readonly newConnect: () => HandleRequest;
  readonly newWrite: () => HandleRequest;
  readonly newShutdown: () => HandleRequest;
  /** Written by each read and write; `readLength` and `isWriting` are places in it. */
  readonly state: Int32Array;
  readonly readLength: number;
  /** Not 0: the kernel has not taken all that was written last. */
  readonly isWriting: number;
}

const HANDLE_METHODS: readonly (keyof TcpHandle)[] = [
  'useUserBuffer',
  'readStart',
  'readStop',
  'writeBuffer',
  'writev',
  'shutdown',
  'open',
  'connect',
  'connect6',
  'setNoDelay',
  'getsockname',
  'getpeername',
  'close',
  'reset',
];

/** Of this thread. */
export const TCP_HANDLES: TcpHandles | null = findHandles();

function findHandles(): TcpHandles | null {
  try {
    const tcp = bound('tcp_wrap');
    const stream = bound('stream_wrap');
    const [handle, connect] = [constructorOf(tcp, 'TCP'), constructorOf(tcp, 'TCPConnectWrap')];
    const [write, shutdown] = [constructorOf(stream, 'WriteWrap'), constructorOf(stream, 'ShutdownWrap')];
    const { SOCKET: kind } = tcp['constants'] as Members;
    const { streamBaseState: state, kReadBytesOrError: readLength, kLastWriteWasAsync: isWriting } = stream;
    const prototype = handle.prototype as Members;
    if (
      HANDLE_METHODS.some((name) => typeof prototype[name] !== 'function') ||
      typeof kind !== 'number' ||
      !ArrayBuffer.isView(state)
    )
      return null;
    if (typeof readLength !== 'number' || typeof isWriting !== 'number') return null;
    return {
      isHandle: (value): value is TcpHandle => value instanceof handle,
      newHandle: () => new handle(kind) as TcpHandle,
      newConnect: () => new connect() as HandleRequest,
      newWrite: () => new write() as HandleRequest,
      newShutdown: () => new shutdown() as HandleRequest,
      // It is one, if of another realm in tests.
      state: state as Int32Array,
      readLength,
      isWriting,
    };
  } catch {
    return null;
  }
}

type Members = Partial<Record<string, unknown>>;
type Constructor = new (...given: readonly number[]) => object;

function bound(name: string): Members {
  return (process as unknown as { readonly binding: (name: string) => Members }).binding(name);
}

function constructorOf(members: Members, name: string): Constructor {
  const found = members[name];
  if (typeof found !== 'function') throw new TypeError(`${name} is missing`);
  return found as Constructor;
}
