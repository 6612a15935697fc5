/**
 * IP addresses and prefixes as bytes: parsed once, compared bit by bit.
 *
 * Only canonical dotted-quad IPv4 and RFC 4291 IPv6 text is read here. It must not read the lenient spellings of URLs (octal, hex, one
 * number), which belong to url/host.ts: an operator who writes `010.0.0.1` must get an error, not 8.0.0.1.
 */
import type { Parsed, Prefix } from './types.ts';

/** Before an IPv4 address within an IPv6 one. */
export const MAPPED_BYTES = 12;
const MAPPED_BITS = MAPPED_BYTES * 8;
/** Eight groups, the last two as IPv4: `0000:0000:0000:0000:0000:ffff:255.255.255.255`. */
const MAX_TEXT = 45;
const GROUP_BYTES = 2;

/**
 * 4 or 16 bytes, or null where the text is no address. IPv4-mapped IPv6 (`::ffff:192.0.2.1`, what a dual-stack socket
 * reports) becomes its 4 bytes, so that an IPv4 prefix matches it. A zone (`fe80::1%eth0`) is dropped. No brackets.
 */
export function parseIpAddress(text: string): Uint8Array | null {
  const zone = text.indexOf('%');
  const bytes = parseRaw(zone > 0 && text.includes(':') ? text.slice(0, zone) : text);
  return bytes !== null && isMapped(bytes) ? bytes.subarray(12) : bytes;
}

/** An address as a socket for both families reports it, IPv4 without what maps it into IPv6. */
export function plainAddress(text: string): string {
  return text.replace(/^::ffff:(?=\d+\.)/, '');
}

/** `10.0.0.0/8`, `fc00::/7`; a bare address is a prefix of its full length. Bits outside the prefix must be zero. */
export function parsePrefix(text: string): Parsed<Prefix> {
  const slash = text.indexOf('/');
  const raw = parseRaw(slash === -1 ? text : text.slice(0, slash));
  if (raw === null) return refuse(`'${text}' is not an address or prefix (like 192.0.2.0/24 or 2001:db8::/32)`);
  const width = raw.length * 8;
  const lengthText = slash === -1 ? String(width) : text.slice(slash + 1);
  const bits = Number(lengthText);
  if (!/^(?:0|[1-9]\d{0,2})$/.test(lengthText) || bits > width)
    return refuse(`'${text}': the prefix length must be 0 to ${width}`);
  const address = maskedAddress(raw, bits);
  if (!address.every((byte, i) => byte === raw[i])) {
    return refuse(`'${text}' has bits set outside the prefix; did you mean ${formatAddress(address)}/${bits}?`);
  }
  return { ok: true, value: unmapped({ address, bits }) };
}

/** Whether `address` (4 or 16 bytes, as `parseIpAddress` gives it) lies in the prefix; families never mix. */
export function prefixContains(prefix: Prefix, address: Uint8Array): boolean {
  const { address: base, bits } = prefix;
  if (base.length !== address.length) return false;
  const whole = bits >> 3;
  for (let i = 0; i < whole; i++) if (base[i] !== address[i]) return false;
  const rest = bits & 7;
  return rest === 0 || ((base[whole] ?? 0) ^ (address[whole] ?? 0)) >> (8 - rest) === 0;
}

/** A copy of which only the first `bits` are kept. */
export function maskedAddress(bytes: Uint8Array, bits: number): Uint8Array {
  return bytes.map((byte, i) => byte & ((0xff00 >> Math.min(8, Math.max(0, bits - i * 8))) & 255));
}

/** By which what has these first bits in common is counted, as the key of a map. Bytes, not text. */
export function prefixKey(bytes: Uint8Array, bits: number): string {
  return Buffer.from(maskedAddress(bytes, bits)).toString('latin1');
}

/** @returns the text (RFC 5952) of 4 or 16 bytes. */
export function formatAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((bytes[i * 2] ?? 0) << 8) | (bytes[i * 2 + 1] ?? 0)).toString(16),
  );
  const run = longestZeroRun(groups);
  if (run.length < 2) return groups.join(':');
  return `${groups.slice(0, run.start).join(':')}::${groups.slice(run.start + run.length).join(':')}`;
}

export function formatPrefix(prefix: Prefix): string {
  return `${formatAddress(prefix.address)}/${prefix.bits}`;
}

function refuse(reason: string): Parsed<Prefix> {
  return { ok: false, reason };
}

function parseRaw(text: string): Uint8Array | null {
  return text.includes(':') ? parseV6(text) : parseV4(text);
}

function parseV4(text: string): Uint8Array | null {
  const parts = text.split('.', 5);
  if (parts.length !== 4) return null;
  const bytes = new Uint8Array(4);
  for (const [i, part] of parts.entries()) {
    // No leading zeros: some systems read them as octal (CVE-2021-29923).
    if (!/^(?:0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return null;
    bytes[i] = Number(part);
  }
  return bytes;
}

function parseV6(text: string): Uint8Array | null {
  if (text.length > MAX_TEXT) return null;
  const halves = text.split('::', 3);
  if (halves.length > 2) return null;
  const head = groupBytes(halves[0] ?? '', halves.length === 1);
  const tail = halves.length === 2 ? groupBytes(halves[1] ?? '', true) : [];
  if (head === null || tail === null) return null;
  const length = head.length + tail.length;
  // `::` stands for at least one group of zeros.
  if (halves.length === 1 ? length !== 16 : length + GROUP_BYTES > 16) return null;
  const bytes = new Uint8Array(16);
  bytes.set(head, 0);
  bytes.set(tail, 16 - tail.length);
  return bytes;
}

/** `1:a2` → [0, 1, 0, 0xa2]; the last group may be dotted-quad where it ends the address. */
function groupBytes(text: string, isEnd: boolean): number[] | null {
  if (text === '') return [];
  const groups = text.split(':', 9);
  const bytes: number[] = [];
  for (const [i, group] of groups.entries()) {
    if (isEnd && i === groups.length - 1 && group.includes('.')) {
      const quad = parseV4(group);
      if (quad === null) return null;
      bytes.push(...quad);
    } else {
      if (!/^[0-9a-f]{1,4}$/i.test(group)) return null;
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 255);
    }
  }
  return bytes;
}

/** Whether 16 bytes from `at` on stand for an IPv4 address, which is the last four of them: ::ffff:0:0/96 (RFC 4291 §2.5.5.2). */
export function isMappedAt(bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < MAPPED_BYTES; i += 1) if (bytes[at + i] !== (i < MAPPED_BYTES - 2 ? 0 : 0xff)) return false;
  return true;
}

function isMapped(bytes: Uint8Array): boolean {
  return bytes.length === 16 && isMappedAt(bytes, 0);
}

function unmapped(prefix: Prefix): Prefix {
  if (prefix.bits < MAPPED_BITS || !isMapped(prefix.address)) return prefix;
  return { address: prefix.address.slice(12), bits: prefix.bits - MAPPED_BITS };
}

function longestZeroRun(groups: readonly string[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (const [i, group] of groups.entries()) {
    if (group !== '0') start = i + 1;
    else if (i + 1 - start > best.length) best = { start, length: i + 1 - start };
  }
  return best;
}
