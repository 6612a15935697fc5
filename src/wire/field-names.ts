/**
 * The field names a forwarding proxy has to know; everything else is 0 and travels on untouched. Names are told apart
 * by length first, so that an unknown name costs one switch.
 */
import { equalsIgnoreCase } from './bytes.ts';

export const FIELD = {
  other: 0,
  host: 1,
  contentLength: 2,
  transferEncoding: 3,
  connection: 4,
  proxyConnection: 5,
  keepAlive: 6,
  te: 7,
  upgrade: 8,
  trailer: 9,
  expect: 10,
  via: 11,
  proxyAuthorization: 12,
  proxyAuthenticate: 13,
  xForwardedFor: 14,
  forwarded: 15,
  authorization: 16,
  wwwAuthenticate: 17,
  maxForwards: 18,
  http2Settings: 19,
  proxyAuthenticationInfo: 20,
} as const;

const BY_LENGTH: readonly (readonly (readonly [string, number])[])[] = byLength([
  ['host', FIELD.host],
  ['content-length', FIELD.contentLength],
  ['transfer-encoding', FIELD.transferEncoding],
  ['connection', FIELD.connection],
  ['proxy-connection', FIELD.proxyConnection],
  ['keep-alive', FIELD.keepAlive],
  ['te', FIELD.te],
  ['upgrade', FIELD.upgrade],
  ['trailer', FIELD.trailer],
  ['expect', FIELD.expect],
  ['via', FIELD.via],
  ['proxy-authorization', FIELD.proxyAuthorization],
  ['proxy-authenticate', FIELD.proxyAuthenticate],
  ['x-forwarded-for', FIELD.xForwardedFor],
  ['forwarded', FIELD.forwarded],
  ['authorization', FIELD.authorization],
  ['www-authenticate', FIELD.wwwAuthenticate],
  ['max-forwards', FIELD.maxForwards],
  ['http2-settings', FIELD.http2Settings],
  ['proxy-authentication-info', FIELD.proxyAuthenticationInfo],
]);

/** One bit a length that some known name has: most names end here. */
const KNOWN_LENGTHS = BY_LENGTH.reduce((bits, names, length) => (names.length > 0 ? bits | (1 << length) : bits), 0);

/** A value of `FIELD` for the name buf[start, end). */
export function fieldId(buf: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length > 31 || (KNOWN_LENGTHS & (1 << length)) === 0) return FIELD.other;
  const candidates = BY_LENGTH[length]!;
  const first = buf[start]! | 0x20;
  for (let i = 0; i < candidates.length; i++) {
    const candidate = candidates[i]!;
    if (candidate[0].charCodeAt(0) === first && equalsIgnoreCase(buf, start, end, candidate[0])) return candidate[1];
  }
  return FIELD.other;
}

function byLength(names: readonly (readonly [string, number])[]): (readonly [string, number])[][] {
  return Array.from({ length: 32 }, (_, length) => names.filter(([name]) => name.length === length));
}
