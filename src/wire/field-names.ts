/**
 * The field names a forwarding proxy has to know; everything else is 0 and travels on untouched. No two of them have both
 * length and first letter in common, so that an unknown name costs one look into a table. It must not decide what becomes of a field.
 */

/* oxlint-disable typescript/no-non-null-assertion -- a name has at least one byte and all of them lie within the buffer; the tables have a row for each length, letter and id */

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
  /** Ours, to a client that is traced: it is passed on neither way. */
  cleanfeedTrace: 21,
} as const;

const NAMES: readonly (readonly [name: string, id: number])[] = [
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
  ['cleanfeed-trace', FIELD.cleanfeedTrace],
];

const MAX_LENGTH = 31;
/** The id of the one name with this length and first letter; 0: there is none. */
const CANDIDATES: Uint8Array = candidates();
/** The bytes of each name, at its id times 32: a string is read more slowly. */
const NAME_BYTES: Uint8Array = nameBytes();

/** A value of `FIELD` for the name buf[start, end), which is a token. */
export function fieldId(buf: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length > MAX_LENGTH) return FIELD.other;
  const id = CANDIDATES[slot(length, buf[start]!)]!;
  if (id === 0) return id;
  // Of the bytes of a token, only capitals become letters, digits or hyphens so.
  for (let i = 0; i < length; i++) if ((buf[start + i]! | 0x20) !== NAME_BYTES[(id << 5) + i]!) return FIELD.other;
  return id;
}

/** Capitals and small letters have the same. */
function slot(length: number, first: number): number {
  return (length << 5) | (first & 31);
}

function candidates(): Uint8Array {
  const ids = new Uint8Array(slot(MAX_LENGTH + 1, 0));
  for (const [name, id] of NAMES) ids[slot(name.length, name.charCodeAt(0))] = id;
  return ids;
}

function nameBytes(): Uint8Array {
  const bytes = new Uint8Array((NAMES.length + 1) << 5);
  for (const [name, id] of NAMES) bytes.set(Buffer.from(name, 'latin1'), id << 5);
  return bytes;
}
