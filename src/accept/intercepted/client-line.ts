/**
 * The line that tells an origin the client's address, where a listener is configured so (`clientField`). It stands behind all that the
 * client has sent: of several, the last is the one that a proxy has added (RFC 7239 §5.2).
 * It must not change a line that the client has sent.
 */
import type { ClientField } from '../../config/types.ts';

/** @param address as text, IPv4 in dotted form. @returns '' where nothing is told */
export function clientLine(field: ClientField, address: string): string {
  switch (field) {
    case 'none':
      return '';
    case 'x-forwarded-for':
      return `X-Forwarded-For: ${address}\r\n`;
    case 'forwarded':
      return `Forwarded: for=${address.includes(':') ? `"[${address}]"` : address}\r\n`;
  }
}
