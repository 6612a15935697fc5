/** What may stand in a Host field. Whether it names a host that can be asked is for `url` to say. It must not make anything canonical. */
import { COLON, REG_NAME, endOfClass, hexValue, parseDecimal } from './bytes.ts';

/** `uri-host [":" port]` without user info, comma, space or path (RFC 9112 §3.2); in brackets what an IPv6 address has. */
export function isValidHost(buf: Uint8Array, start: number, end: number): boolean {
  if (start === end || buf[start] === COLON) return false;
  let i = start;
  if (buf[start] === 0x5b) {
    while (++i < end && buf[i] !== 0x5d)
      if (hexValue(buf[i] ?? 0) < 0 && buf[i] !== COLON && buf[i] !== 0x2e) return false;
    if (i === end || i === start + 1) return false;
    i++;
  } else {
    i = endOfClass(buf, i, end, REG_NAME);
  }
  if (i === end) return true;
  if (buf[i++] !== COLON) return false;
  const port = i === end ? 0 : parseDecimal(buf, i, end);
  return port >= 0 && port <= 65_535;
}
