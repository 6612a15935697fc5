/**
 * What a client sends that asks for another name, is asked for another key (HelloRetryRequest, RFC 8446 §4.1.4) and asks for the listed name then:
 * early data or none, records between, and a second ClientHello that is odd. The same seed gives the same.
 */
import { seededInteger, seededRandom } from '../../../bench/data/seeded-random.ts';
import {
  EXTENSION,
  extension,
  helloMessage,
  record,
  serverName,
  uint,
  vector,
} from '../../support/reference/made-hello.ts';
import { chosen, inPieces, joined, LISTED, oddPieces, OTHER, type Random } from './generator.ts';

export interface OddRetry {
  readonly first: Buffer;
  /** Behind the HelloRetryRequest, with the cookie that it gave (an extension; null: it gave none). */
  readonly second: (cookie: Buffer | null) => Buffer;
  readonly how: string;
}

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
/** A public key of RFC 7748 §6.1. */
const X25519 = hex('0024 001d 0020 8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a');
/** Shares that no server takes a key from: none, and one of a group that nobody knows. Each server asks again for one of them at least, or never does. */
export const NO_KEYS = [hex('0000'), hex('0005 0a0a 0001 00')] as const;
const CHANGE_CIPHER_SPEC = record(Buffer.from([1]), 20, 0x0303);
const PSK_MODES = extension(45, hex('0101'));

interface Hello {
  readonly name: string;
  readonly key: Buffer;
  readonly isEarly?: boolean;
  readonly version?: number;
  readonly cookie?: Buffer | null;
}

function message({ name, key, isEarly = false, version = 0x0303, cookie = null }: Hello): Buffer {
  return helloMessage({
    version,
    suites: hex('1301 1302 1303'),
    extensions: [
      serverName(name),
      extension(10, hex('0002 001d')),
      extension(13, hex('000e 0403 0503 0401 0501 0601 0804 0805')),
      extension(EXTENSION.supportedVersions, hex('02 0304')),
      extension(EXTENSION.keyShare, key),
      ...(cookie === null ? [] : [cookie]),
      ...(isEarly ? [extension(EXTENSION.earlyData), PSK_MODES, unknownTicket()] : []),
    ],
  });
}

/** Has to be the last extension. A server that does not know the ticket goes on without, and throws early data away. */
function unknownTicket(): Buffer {
  const identity = Buffer.concat([vector(2, Buffer.alloc(32, 0x77)), uint(0, 4)]);
  return extension(41, vector(2, identity), vector(2, vector(1, Buffer.alloc(32, 0x88))));
}

/** As it should be, but for the names. */
export function plainRetry(first: string, second: string, noKey: Buffer): OddRetry {
  return {
    first: record(message({ name: first, key: noKey })),
    second: (cookie) =>
      Buffer.concat([CHANGE_CIPHER_SPEC, record(message({ name: second, key: X25519, cookie }), 22, 0x0303)]),
    how: 'plain',
  };
}

const BETWEEN: readonly { readonly how: string; readonly bytes: (random: Random) => Buffer }[] = [
  { how: 'nothing between', bytes: () => Buffer.alloc(0) },
  { how: 'ChangeCipherSpec between', bytes: () => CHANGE_CIPHER_SPEC },
  { how: 'two ChangeCipherSpec between', bytes: () => Buffer.concat([CHANGE_CIPHER_SPEC, CHANGE_CIPHER_SPEC]) },
  { how: 'a warning between', bytes: () => record(hex('015a'), 21) },
];

export function oddRetry(random: Random, noKey: Buffer): OddRetry {
  const isEarly = random() < 0.4;
  const seed = seededInteger(random, 2 ** 32);
  const how: string[] = [];
  oddSecond(seededRandom(seed), { isEarly, cookie: null }, how);
  return {
    first: record(message({ name: OTHER, key: noKey, isEarly })),
    second: (cookie) => oddSecond(seededRandom(seed), { isEarly, cookie }, []),
    how: how.join(', '),
  };
}

interface Terms {
  /** The first hello has said that early data comes. */
  readonly isEarly: boolean;
  readonly cookie: Buffer | null;
}

function oddSecond(random: Random, { isEarly, cookie }: Terms, how: string[]): Buffer {
  const between = chosen(random, BETWEEN);
  how.push(between.how);
  const early = isEarly ? earlyData(random, how) : Buffer.alloc(0);
  const version = random() < 0.8 ? 0x0303 : chosen(random, [0x0002, 0x0203, 0x0301, 0x0304, 0xff03, 0x0403]);
  const pieces = inPieces(message({ name: LISTED, key: X25519, version, cookie }), random, how);
  for (const piece of pieces) piece.version = 0x0303;
  for (let count = seededInteger(random, 3); count > 0; count--) how.push(oddPieces(pieces, random));
  const before = [between.bytes(random), early];
  return Buffer.concat([...(random() < 0.5 ? before : before.toReversed()), joined(pieces)]);
}

/** Sent without a key that the server has: it can only throw it away. */
function earlyData(random: Random, how: string[]): Buffer {
  const sizes = Array.from({ length: seededInteger(random, 4) }, () => chosen(random, [1, 17, 64, 1000, 4000]));
  how.push(`early data ${sizes.join('+')}`);
  return Buffer.concat(sizes.map((size) => record(Buffer.alloc(size, 0xee), 23, 0x0303)));
}
