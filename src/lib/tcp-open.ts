/**
 * Opens the sockets of the data plane: HandleSockets, or those of node:net where Node's inside is not as it is known to be
 * (tcp-handles.ts). Whoever uses them sees no difference but their price. It must not decide whom to connect to or to serve.
 */
import { connect, Socket, type OnReadOpts, type Server } from 'node:net';
import { getSystemErrorName } from 'node:util';
import { HandleSocket } from './handle-socket.ts';
import { TCP_HANDLES } from './tcp-handles.ts';
import type { TcpSocket } from './tcp-socket.ts';

/** Begins to connect. `onread`: where its reads go. */
export function connectTcp(address: string, port: number, onread: OnReadOpts, handles = TCP_HANDLES): TcpSocket {
  if (handles === null) return connect({ host: address, port, noDelay: true, allowHalfOpen: true, onread });
  return new HandleSocket(handles, handles.newHandle(), onread).connect(address, port);
}

/** The same with a socket that is open and bound; the descriptor is the caller's where it throws. */
export function connectDescriptor(
  descriptor: number,
  address: string,
  port: number,
  onread: OnReadOpts,
  handles = TCP_HANDLES,
): TcpSocket {
  if (handles === null)
    return new Socket({ fd: descriptor, allowHalfOpen: true, onread })
      .setNoDelay(true)
      .connect({ host: address, port });
  const handle = handles.newHandle();
  const status = handle.open(descriptor);
  if (status === 0) return new HandleSocket(handles, handle, onread).connect(address, port);
  handle.close(() => {});
  throw Object.assign(new Error('a descriptor is no socket'), { code: getSystemErrorName(status) });
}

/**
 * From now on connections of a server that listens go to `take`, half open and without delay, and are read once they are resumed. What
 * cannot be accepted is told as the server's 'error'.
 */
export function acceptTcp(server: Server, take: (socket: TcpSocket) => void, handles = TCP_HANDLES): void {
  const handle: unknown = '_handle' in server ? server._handle : null;
  if (handles === null || !isListening(handle)) return void server.on('connection', take);
  handle.onconnection = (status, accepted) => {
    if (status !== 0 || !handles.isHandle(accepted)) {
      const code = getSystemErrorName(status);
      return void server.emit('error', Object.assign(new Error(`accept ${code}`), { code }));
    }
    accepted.setNoDelay(true);
    take(new HandleSocket(handles, accepted, null));
  };
}

/** What node:net has where connections come. */
interface Listening {
  onconnection: (status: number, accepted: unknown) => void;
}

function isListening(handle: unknown): handle is Listening {
  return (
    typeof handle === 'object' &&
    handle !== null &&
    'onconnection' in handle &&
    typeof handle.onconnection === 'function'
  );
}
