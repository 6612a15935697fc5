/**
 * The Connection field (RFC 9110 §7.6.1): options as bits, and the names it makes hop-by-hop.
 * It must not decide what becomes of the fields that it names.
 */
import { COMMA, HTAB, SP, equalsIgnoreCase } from './bytes.ts';
import { FIELD } from './field-names.ts';

export const CONNECTION = {
  close: 1,
  keepAlive: 2,
  upgrade: 4,
  /** It names further fields: `connectionNames` tells which. */
  names: 8,
} as const;

/** Concern one connection, in either direction (RFC 9110 §7.6.1); framing is made anew on the next. */
export const HOP_BY_HOP: readonly number[] = [
  FIELD.transferEncoding,
  FIELD.connection,
  FIELD.proxyConnection,
  FIELD.keepAlive,
  FIELD.te,
  FIELD.upgrade,
  FIELD.trailer,
];

/** Bits of CONNECTION for one field value. Empty list elements are allowed (RFC 9110 §5.6.1). */
export function readConnection(buf: Uint8Array, start: number, end: number): number {
  let bits = 0;
  let i = start;
  while (i < end) {
    while (i < end && (buf[i] === SP || buf[i] === HTAB || buf[i] === COMMA)) i++;
    const option = i;
    while (i < end && buf[i] !== COMMA) i++;
    let optionEnd = i;
    while (optionEnd > option && (buf[optionEnd - 1] === SP || buf[optionEnd - 1] === HTAB)) optionEnd--;
    if (optionEnd > option) bits |= optionBit(buf, option, optionEnd);
  }
  return bits;
}

/**
 * Fields that Connection may not take away, because the origin, or our own framing, relies on them: naming them is an
 * old trick to strip credentials, the host or the proxy's own additions.
 */
const PROTECTED: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'content-type',
  'content-encoding',
  'content-range',
  'transfer-encoding',
  'cookie',
  'set-cookie',
  'authorization',
  'www-authenticate',
  'cache-control',
  'date',
  'expect',
  'location',
  'origin',
  'range',
  'via',
  'x-forwarded-for',
  'forwarded',
]);

/** Lower-case names of the fields that the given Connection values make hop-by-hop. */
export function connectionNames(values: readonly string[]): ReadonlySet<string> {
  const names = values.flatMap((value) => value.split(',')).map((name) => name.trim().toLowerCase());
  return new Set(names.filter((name) => name !== '' && !PROTECTED.has(name)));
}

function optionBit(buf: Uint8Array, start: number, end: number): number {
  if (equalsIgnoreCase(buf, start, end, 'keep-alive')) return CONNECTION.keepAlive;
  if (equalsIgnoreCase(buf, start, end, 'close')) return CONNECTION.close;
  if (equalsIgnoreCase(buf, start, end, 'upgrade')) return CONNECTION.upgrade;
  return CONNECTION.names;
}
