/**
 * What becomes of a connection whose first bytes are neither HTTP nor TLS: `notTls` says so at ports of TLS, `notHttp` at all others.
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
  return tlsPorts.some(({ from, to }) => port >= from && port <= to) ? notTls : notHttp;
}
