/**
 * What lies below a socket of node:net, for what Node has no public call for (ADR 0001 names the exceptions). Whoever asks looks whether it
 * is as it is known to be; this must not be asked for anything that has another way.
 */
import type { Socket } from 'node:net';

/** @returns null where there is none: the socket is closed, or this is another Node */
export function socketHandle(socket: Socket): object | null {
  const handle: unknown = '_handle' in socket ? socket._handle : null;
  return typeof handle === 'object' ? handle : null;
}
