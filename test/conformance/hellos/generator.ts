/**
 * First messages of TLS clients that ask for the listed name, odd in every way that we know: headers of records and of the handshake, records
 * before, in between and behind, names, lengths, the form of SSL 2.0, flipped bytes. The same seed gives the same ones.
 *
 *   ClientHello ─▶ its fields ─▶ message ─▶ records ─▶ headers, records between, bytes
 */
import { seededInteger } from '../../../bench/data/seeded-random.ts';
import {
  EXTENSION,
  extension,
  helloMessage,
  nameEntry,
  record,
  serverName,
  uint,
  vector,
} from '../../support/reference/made-hello.ts';

/** Long, so that its certificate is: what a server of TLS 1.3 sends behind its hello is encrypted, and only its length can be seen. */
export const LISTED = `${'listed-'.repeat(5)}x.example`;
export const OTHER = 'o.example';

export type Random = () => number;

export interface OddHello {
  readonly bytes: Buffer;
  /** What was done to it. */
  readonly how: string;
}

/** One record, or what stands in the place of one. */
export interface Piece {
  type: number;
  version: number;
  body: Buffer;
  /** In its header; null: as long as it is. */
  length: number | null;
}

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
/** Up to TLS 1.2, in which a server shows its certificate in clear. */
const SUITES = hex('c02b c02f c00a c009 00ff');
const GROUPS = extension(10, hex('0006 001d 0017 0018'));
const COMMON = [GROUPS, extension(11, hex('0100')), extension(13, hex('000e 0403 0503 0401 0501 0601 0804 0805'))];
const TYPES = [20, 21, 22, 23, 24] as const;
const MAJORS = [0, 1, 2, 4, 15, 16, 127, 128, 254, 255] as const;
/** Bodies of records that some server may pass over. */
const SMALL_BODIES = ['', '01', '0100', '015a', '0170', '0228', '00000000', '010203', '0c000000', '010000'].map(hex);
const NAME_TAILS = ['.', '..', ':443', '\0', ' ', '\t', `\0.${OTHER}`, '/', '%00', '\n'];
const MAX_ODDITIES = 2;

export function chosen<T>(random: Random, all: readonly T[]): T {
  return all[seededInteger(random, all.length)]!;
}

export function oddHello(random: Random): OddHello {
  const how: string[] = [];
  const pieces = inPieces(oddMessage(random, how), random, how);
  for (let count = seededInteger(random, MAX_ODDITIES + 1); count > 0; count--) how.push(oddPieces(pieces, random));
  const bytes = oddBytes(joined(pieces), random, how);
  return { bytes, how: how.join(', ') };
}

// ── The message ──

function oddMessage(random: Random, how: string[]): Buffer {
  const names = chosen(random, random() < 0.75 ? PLAIN_NAMES : ODD_NAMES);
  how.push(names.how);
  const message = helloMessage({
    version: random() < 0.93 ? 0x0303 : chosen(random, [0x0300, 0x0301, 0x0302, 0x0304, 0x0404, 0xff03, 0x0002]),
    sessionId: Buffer.alloc(random() < 0.9 ? 32 : seededInteger(random, 256), 0x1d),
    suites: SUITES,
    extensions: arranged(names.extensions(random), random),
  });
  if (random() < 0.05) oddHeader(message, random, how);
  return message;
}

function arranged(names: readonly Buffer[], random: Random): readonly Buffer[] {
  const padding = random() < 0.05 ? [extension(21, Buffer.alloc(seededInteger(random, 40_000)))] : [];
  return random() < 0.5 ? [...padding, ...names, ...COMMON] : [...COMMON, ...padding, ...names];
}

interface Names {
  readonly how: string;
  readonly extensions: (random: Random) => readonly Buffer[];
}

const inList = (...data: readonly Buffer[]): Buffer => extension(EXTENSION.serverName, ...data);
const PLAIN_NAMES: readonly Names[] = [
  { how: 'listed', extensions: () => [serverName(LISTED)] },
  { how: 'other case', extensions: (random) => [serverName(otherCase(LISTED, random))] },
];
const ODD_NAMES: readonly Names[] = [
  { how: 'a tail', extensions: (random) => [serverName(`${LISTED}${chosen(random, NAME_TAILS)}`)] },
  { how: 'two names', extensions: (random) => [serverName(...shuffled([LISTED, OTHER], random))] },
  { how: 'two extensions', extensions: (random) => shuffled([serverName(LISTED), serverName(OTHER)], random) },
  {
    how: 'a type of name',
    extensions: (random) => [
      inList(vector(2, ...shuffled([nameEntry(OTHER, seededInteger(random, 256)), nameEntry(LISTED)], random))),
    ],
  },
  { how: 'another type', extensions: (random) => [inList(vector(2, nameEntry(LISTED, seededInteger(random, 256))))] },
  {
    how: 'a length of the list',
    extensions: (random) => [inList(uint(seededInteger(random, 64), 2), nameEntry(LISTED))],
  },
  { how: 'bytes behind the list', extensions: (random) => [inList(vector(2, nameEntry(LISTED)), drawn(random, 4))] },
  { how: 'an empty name', extensions: (random) => [serverName(...shuffled(['', LISTED], random))] },
  {
    how: 'an extension of no length',
    extensions: (random) => shuffled([inList(), serverName(LISTED)], random),
  },
];

function otherCase(name: string, random: Random): string {
  return [...name].map((letter) => (random() < 0.5 ? letter.toUpperCase() : letter)).join('');
}

function shuffled<T>(pair: readonly [T, T], random: Random): readonly [T, T] {
  return random() < 0.5 ? pair : [pair[1], pair[0]];
}

/** Type and length of the handshake message. */
function oddHeader(message: Buffer, random: Random, how: string[]): void {
  const at = seededInteger(random, 4);
  message[at] = (message[at]! + chosen(random, [1, 255, 128, 2])) & 255;
  how.push(`byte ${at} of the message is ${message[at]}`);
}

// ── Records ──

/** The message in records, most often in one. */
export function inPieces(message: Buffer, random: Random, how: string[]): Piece[] {
  const size = random() < 0.6 ? 16_384 : chosen(random, [1, 2, 3, 4, 5, 16, 50, 100, 1000]);
  if (size < message.length) how.push(`records of ${size}`);
  const pieces: Piece[] = [];
  for (let at = 0; at < message.length; at += size)
    pieces.push({ type: 22, version: 0x0301, body: message.subarray(at, at + size), length: null });
  return pieces;
}

type Oddity = (pieces: Piece[], random: Random) => string;

const ODDITIES: readonly Oddity[] = [allVersions, oneVersion, oneVersion, between, between, before, oneType, oneLength];

/** Changes them. @returns what was done */
export function oddPieces(pieces: Piece[], random: Random): string {
  return chosen(random, ODDITIES)(pieces, random);
}

function allVersions(pieces: Piece[], random: Random): string {
  const version = drawnVersion(random);
  for (const piece of pieces) piece.version = version;
  return `all of version ${version.toString(16)}`;
}

function oneVersion(pieces: Piece[], random: Random): string {
  const index = random() < 0.6 ? 0 : seededInteger(random, pieces.length);
  pieces[index]!.version = drawnVersion(random);
  return `record ${index} of version ${pieces[index]!.version.toString(16)}`;
}

function before(pieces: Piece[], random: Random): string {
  const piece = smallPiece(random);
  pieces.unshift(piece);
  return `first ${told(piece)}`;
}

function between(pieces: Piece[], random: Random): string {
  const index = seededInteger(random, pieces.length + 1);
  const piece = smallPiece(random);
  pieces.splice(index, 0, piece);
  return `at ${index} ${told(piece)}`;
}

function oneType(pieces: Piece[], random: Random): string {
  const index = seededInteger(random, pieces.length);
  pieces[index]!.type = drawnType(random);
  return `record ${index} of type ${pieces[index]!.type}`;
}

function oneLength(pieces: Piece[], random: Random): string {
  const index = seededInteger(random, pieces.length);
  const piece = pieces[index]!;
  const { length } = piece.body;
  piece.length = chosen(random, [0, length + 1, Math.max(0, length - 1), length + 0x4000, 0xffff]) & 0xffff;
  return `record ${index} of length ${piece.length}`;
}

function smallPiece(random: Random): Piece {
  const version = random() < 0.5 ? 0x0301 : drawnVersion(random);
  const body = random() < 0.9 ? chosen(random, SMALL_BODIES) : drawn(random, 40);
  return { type: drawnType(random), version, body, length: null };
}

function told({ type, version, body }: Piece): string {
  return `type ${type}, version ${version.toString(16)}, ${body.length} bytes`;
}

function drawnType(random: Random): number {
  return random() < 0.85 ? chosen(random, TYPES) : seededInteger(random, 256);
}

function drawnVersion(random: Random): number {
  const major = random() < 0.5 ? chosen(random, MAJORS) : random() < 0.5 ? 3 : seededInteger(random, 256);
  return (major << 8) | (random() < 0.7 ? 1 : seededInteger(random, 256));
}

export function joined(pieces: readonly Piece[]): Buffer {
  return Buffer.concat(
    pieces.map(({ type, version, body, length }) => {
      const bytes = record(body, type, version);
      if (length !== null) bytes.writeUInt16BE(length, 3);
      return bytes;
    }),
  );
}

function drawn(random: Random, most: number): Buffer {
  return Buffer.from(Array.from({ length: seededInteger(random, most + 1) }, () => seededInteger(random, 256)));
}

// ── Bytes ──

const BYTE_ODDITIES: readonly ((bytes: Buffer, random: Random) => readonly [Buffer, string])[] = [
  (bytes, random) => flipped(bytes, random, 12),
  (bytes, random) => flipped(bytes, random, 60),
  (bytes, random) => flipped(bytes, random, bytes.length),
  (bytes, random) => [Buffer.concat([drawn(random, 5), bytes]), 'bytes first'],
  (bytes, random) => [Buffer.concat([bytes, drawn(random, 40)]), 'bytes behind'],
  (bytes, random) => [bytes.subarray(0, seededInteger(random, bytes.length + 1)), 'cut'],
  (bytes) => [inOldForm(bytes), 'in the form of SSL 2.0'],
];

function oddBytes(bytes: Buffer, random: Random, how: string[]): Buffer {
  if (random() > 0.15) return bytes;
  const [odd, told] = chosen(random, BYTE_ODDITIES)(bytes, random);
  how.push(told);
  return odd;
}

function flipped(bytes: Buffer, random: Random, most: number): readonly [Buffer, string] {
  const odd = Buffer.from(bytes);
  const at = seededInteger(random, Math.min(most, odd.length));
  odd[at] = random() < 0.5 ? seededInteger(random, 256) : odd[at]! ^ (1 << seededInteger(random, 8));
  return [odd, `byte ${at} is ${odd[at]}`];
}

/** Its two bytes of length, and what would follow a record's header. */
function inOldForm(bytes: Buffer): Buffer {
  const body = bytes.subarray(5);
  return Buffer.concat([uint(0x8000 | (body.length & 0x7fff), 2), body]);
}
