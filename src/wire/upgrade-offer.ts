/** Whether an Upgrade field offers another version of HTTP: `h2c`, `HTTP/2.0` (RFC 9110 §7.8). Pure. It must not decide what becomes of the field. */
import { byteString } from './bytes.ts';

/** Of the value buf[start, end). */
export function offersHttp(buf: Buffer, start: number, end: number): boolean {
  return byteString(buf, start, end).split(',').some(isHttp);
}

/** `protocol`: name, or name/version, in any case. */
export function isHttp(protocol: string): boolean {
  const [name = ''] = protocol.split('/', 1);
  return HTTP_NAMES.has(name.trim().toLowerCase());
}

const HTTP_NAMES: ReadonlySet<string> = new Set(['h2c', 'h2', 'http']);
