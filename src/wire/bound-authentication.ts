/**
 * Authentication that counts for a connection and not for a request (NTLM, Negotiate: RFC 4559 §6): such a connection serves
 * one client only. It reads the names of schemes; it must not read credentials.
 */
import { HTAB, SP, startsWithIgnoreCase } from './bytes.ts';

const SMALL_N = 0x6e;

/** Whether these credentials authenticate the connection. */
export function isConnectionBound(buf: Uint8Array, start: number, end: number): boolean {
  return startsWithIgnoreCase(buf, start, end, 'ntlm') || startsWithIgnoreCase(buf, start, end, 'negotiate');
}

/** The same among the challenges of one WWW-Authenticate field; a comma inside a parameter at worst binds for nothing. */
export function offersConnectionBound(buf: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const isStart = i === start || buf[i - 1] === 0x2c || buf[i - 1] === SP || buf[i - 1] === HTAB;
    if (isStart && ((buf[i] ?? 0) | 0x20) === SMALL_N && isConnectionBound(buf, i, end)) return true;
  }
  return false;
}
