/**
 * Ports of TLS, and what becomes of a connection whose first bytes are neither HTTP nor TLS: `notTls` says so there, `notHttp` at all others.
 *
 *   listener, port ─▶ tunnel │ refuse
 *
 * It must not look at a byte.
 */
import type { ListenerConfig } from '../../config/types.ts';

export function unreadAt(
  { notHttp, notTls, tlsPorts }: Pick<ListenerConfig, 'notHttp' | 'notTls' | 'tlsPorts'>,
  port: number,
): 'tunnel' | 'refuse' {
  return isTlsPort(tlsPorts, port) ? notTls : notHttp;
}

export function isTlsPort(tlsPorts: ListenerConfig['tlsPorts'], port: number): boolean {
  return tlsPorts.some(({ from, to }) => port >= from && port <= to);
}
