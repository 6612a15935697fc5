/**
 * The header that a balancer puts before a connection to say whose it is: PROXY protocol, version 1 (a line of text) and 2
 * (binary), read and written. Source: https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt, sections 2.1 and 2.2.
 *
 *   "PROXY TCP4 192.0.2.1 198.51.100.1 4711 3128" CRLF        at most 107 bytes
 *   signature (12) · version, command · family, transport · length (2) · addresses · TLVs
 *
 * Total on any bytes, and as strict as the source: who sends anything else is no balancer. The destination must be well-formed
 * and is not given to anybody: it is a claim, and nothing may depend on it.
 */
import { formatAddress, parseIpAddress } from '../lib/prefix.ts';

/** One end of a connection. */
export interface PeerEnd {
  /** As `formatAddress` writes it; IPv4 within IPv6 is IPv4. */
  readonly address: string;
  readonly port: number;
}

export interface ProxyHeader {
  /** In bytes: what follows belongs to the connection. */
  readonly length: number;
  /** Whose connection it is. It is null where the sender speaks for itself (LOCAL) or cannot tell (UNKNOWN, a Unix socket). */
  readonly source: PeerEnd | null;
  /** It is about a datagram, as a forwarder of DNS sends it. */
  readonly isDatagram: boolean;
}

/** Both ends of one connection: who has opened it, and to whom. */
export interface ConnectionEnds {
  readonly source: PeerEnd;
  readonly destination: PeerEnd;
}

export type ProxyVersion = 1 | 2;

const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
const FIXED_BYTES = 16;
const V2 = 0x20;
const COMMAND = { local: 0, proxy: 1 } as const;
/** Family and transport in one byte, and how many bytes the addresses and ports have. */
const FAMILIES: ReadonlyMap<
  number,
  { readonly address: number; readonly bytes: number; readonly isDatagram: boolean }
> = new Map([
  [0x00, { address: 0, bytes: 0, isDatagram: false }],
  [0x11, { address: 4, bytes: 12, isDatagram: false }],
  [0x12, { address: 4, bytes: 12, isDatagram: true }],
  [0x21, { address: 16, bytes: 36, isDatagram: false }],
  [0x22, { address: 16, bytes: 36, isDatagram: true }],
  // A Unix socket: no client that could be told from another.
  [0x31, { address: 0, bytes: 216, isDatagram: false }],
  [0x32, { address: 0, bytes: 216, isDatagram: true }],
]);

const TLV_BYTES = 3;
const TLV_CRC32C = 0x03;
/** The polynomial, reversed. */
const CRC32C = 0x82f63b78;

const LINE_START = Buffer.from('PROXY ');
/** With CR LF. */
const MAX_LINE_BYTES = 107;
const PORT = '(0|[1-9][0-9]{0,4})';
const LINE = new RegExp(`^PROXY TCP([46]) ([0-9a-fA-F:.]+) ([0-9a-fA-F:.]+) ${PORT} ${PORT}$`);
/** What stands behind UNKNOWN is not looked at. */
const UNKNOWN_LINE = /^PROXY UNKNOWN(?: |$)/;

const UNKNOWN_HEADER = Buffer.from('PROXY UNKNOWN\r\n');
/** Of a sender that speaks for itself: a health check, a self-test. */
export const LOCAL_HEADER: Buffer = binary(COMMAND.local, 0x00, Buffer.alloc(0));

/**
 * Reads the header at the beginning of `bytes`.
 * @param maxBytes of a header, TLVs among them. They have to fill it, and a checksum there has to be right; else nothing of them is read.
 * @returns `more` if it may be the beginning of one, `malformed` as soon as it cannot be.
 */
export function readProxyHeader(bytes: Buffer, maxBytes: number): ProxyHeader | 'more' | 'malformed' {
  if (beginsLike(bytes, LINE_START)) return bytes.length < LINE_START.length ? 'more' : readLine(bytes);
  if (beginsLike(bytes, SIGNATURE)) return bytes.length < FIXED_BYTES ? 'more' : readBinary(bytes, maxBytes);
  return 'malformed';
}

/** Whether the bytes are the beginning of `start`, or the other way round. */
function beginsLike(bytes: Buffer, start: Buffer): boolean {
  const length = Math.min(bytes.length, start.length);
  return bytes.compare(start, 0, length, 0, length) === 0;
}

function readLine(bytes: Buffer): ProxyHeader | 'more' | 'malformed' {
  const text = bytes.toString('latin1', 0, MAX_LINE_BYTES);
  const end = text.search(/[\r\n]/);
  // A CR at the end may be half of what ends the line.
  if (end === -1 || (end === text.length - 1 && text[end] === '\r'))
    return bytes.length < MAX_LINE_BYTES ? 'more' : 'malformed';
  if (text[end] !== '\r' || text[end + 1] !== '\n') return 'malformed';
  const line = text.slice(0, end);
  if (UNKNOWN_LINE.test(line)) return { length: end + 2, source: null, isDatagram: false };
  const source = sourceOfLine(line);
  return source === null ? 'malformed' : { length: end + 2, source, isDatagram: false };
}

function sourceOfLine(line: string): PeerEnd | null {
  const [, family, source = '', destination = '', sourcePort, destinationPort] = LINE.exec(line) ?? [];
  const isOfFamily = (text: string): boolean => text.includes(':') === (family === '6');
  if (!isOfFamily(source) || !isOfFamily(destination) || parseIpAddress(destination) === null) return null;
  return Number(destinationPort) > 65_535 ? null : peerEnd(parseIpAddress(source), Number(sourcePort));
}

function readBinary(bytes: Buffer, maxBytes: number): ProxyHeader | 'more' | 'malformed' {
  const command = bytes.readUInt8(12) - V2;
  const family = FAMILIES.get(bytes.readUInt8(13));
  const length = FIXED_BYTES + bytes.readUInt16BE(14);
  if (length > maxBytes) return 'malformed';
  if (command === COMMAND.local)
    return bytes.length < length ? 'more' : { length, source: null, isDatagram: family?.isDatagram ?? false };
  if (command !== COMMAND.proxy || family === undefined || length < FIXED_BYTES + family.bytes) return 'malformed';
  if (bytes.length < length) return 'more';
  const { address, isDatagram } = family;
  if (address === 0) return { length, source: null, isDatagram };
  if (!areTlvs(bytes.subarray(0, length), FIXED_BYTES + family.bytes)) return 'malformed';
  const port = bytes.readUInt16BE(FIXED_BYTES + 2 * address);
  return { length, source: peerEnd(bytes.subarray(FIXED_BYTES, FIXED_BYTES + address), port), isDatagram };
}

/** Section 2.2: type (1) · length (2) · value, up to the end of the header. */
function areTlvs(header: Buffer, from: number): boolean {
  let at = from;
  while (at + TLV_BYTES <= header.length) {
    const value = at + TLV_BYTES;
    const next = value + header.readUInt16BE(at + 1);
    if (header[at] === TLV_CRC32C && (next !== value + 4 || next > header.length || !hasChecksum(header, value)))
      return false;
    at = next;
  }
  return at === header.length;
}

/** Section 2.2.3: of the whole header, with zeros in place of the checksum at `at`. */
function hasChecksum(header: Buffer, at: number): boolean {
  return crc32c(Buffer.from(header).fill(0, at, at + 4)) === header.readUInt32BE(at);
}

/** RFC 9260, appendix A, bit by bit: a header is short. */
function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? CRC32C : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

function peerEnd(address: Uint8Array | null, port: number): PeerEnd | null {
  if (address === null || port > 65_535) return null;
  return { address: formatAddress(unmapped(address)), port };
}

/** Written and read again, so that IPv4 within IPv6 has one form here as everywhere. */
function unmapped(address: Uint8Array): Uint8Array {
  return parseIpAddress(formatAddress(address)) ?? address;
}

/** A header that names the client of a connection. Where one end is IPv6, the other is written as IPv4 within IPv6. */
export function writeProxyHeader(version: ProxyVersion, { source, destination }: ConnectionEnds): Buffer {
  const from = parseIpAddress(source.address);
  const to = parseIpAddress(destination.address);
  // Only where an end has no address: a socket that is gone.
  if (from === null || to === null) return version === 1 ? UNKNOWN_HEADER : LOCAL_HEADER;
  const ports = [source.port, destination.port] as const;
  const write = version === 1 ? line : addresses;
  return from.length === to.length ? write(from, to, ports) : write(mapped(from), mapped(to), ports);
}

type Ports = readonly [source: number, destination: number];

function line(from: Uint8Array, to: Uint8Array, ports: Ports): Buffer {
  const family = from.length === 4 ? 'TCP4' : 'TCP6';
  return Buffer.from(`PROXY ${family} ${formatAddress(from)} ${formatAddress(to)} ${ports.join(' ')}\r\n`);
}

function addresses(from: Uint8Array, to: Uint8Array, [source, destination]: Ports): Buffer {
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(source, 0);
  ports.writeUInt16BE(destination, 2);
  return binary(COMMAND.proxy, from.length === 4 ? 0x11 : 0x21, Buffer.concat([from, to, ports]));
}

function mapped(address: Uint8Array): Uint8Array {
  return address.length === 16 ? address : Buffer.concat([Buffer.from('00000000000000000000ffff', 'hex'), address]);
}

function binary(command: number, family: number, addresses: Buffer): Buffer {
  const fixed = Buffer.alloc(FIXED_BYTES);
  SIGNATURE.copy(fixed);
  fixed[12] = V2 | command;
  fixed[13] = family;
  fixed.writeUInt16BE(addresses.length, 14);
  return Buffer.concat([fixed, addresses]);
}
