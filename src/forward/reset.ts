/** Ends a connection with RST, so that what was sent does not look complete. It must not be used for an answer that is whole. */
import type { Socket } from 'node:net';

/**
 * While a FIN is on its way to the kernel libuv refuses to reset (EINVAL), and Node then neither resets nor closes: the
 * descriptor is lost and 'close' never comes. All that was written is with the kernel then, so closing says the same.
 */
export function reset(socket: Socket): void {
  const isFinishing = socket.writableEnded && !socket.writableFinished && socket.writableLength === 0;
  if (isFinishing) socket.destroy();
  else socket.resetAndDestroy();
}
