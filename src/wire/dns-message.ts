/**
 * DNS messages of a stub resolver (RFC 1035 §4): a question for the addresses of one name, and what a server replied.
 * Total on any bytes; every loop is bounded, whatever compression pointers say.
 *
 *   encodeQuery(id, host, type) ─▶ bytes ─▶ server ─▶ bytes ─▶ readReply(message, query)
 *
 * An address is taken only if its record's owner is the name asked for, or what that name is an alias of: a server may put
 * records of any other name into a response, and it must not believe them.
 */
import { formatAddress } from '../lib/prefix.ts';

export const RECORD_TYPE = { a: 1, aaaa: 28 } as const;
export type RecordType = (typeof RECORD_TYPE)[keyof typeof RECORD_TYPE];

export interface AddressRecord {
  readonly address: string;
  /** Seconds, the least of the record and of the aliases that led to it. */
  readonly ttl: number;
}

/** What a server says: addresses (none: the name has none of that type), or why not. */
export type DnsReply = readonly AddressRecord[] | 'no_name' | 'failed' | 'refused' | 'truncated';

const CNAME = 5;
const CLASS_IN = 1;
const HEADER_BYTES = 12;
/** Type, class, TTL and length of a record. */
const RECORD_BYTES = 10;
const MAX_NAME_BYTES = 255;
const MAX_LABEL_BYTES = 63;
/** Records that are looked at, and aliases that are followed. */
const MAX_RECORDS = 256;
const MAX_ALIASES = 16;
/** A TTL above is none (RFC 2181 §8). */
const MAX_TTL = 0x7fff_ffff;

const FLAG = { response: 0x8000, opcode: 0x7800, truncated: 0x0200, recursionDesired: 0x0100 } as const;
const RCODE = { ok: 0, noName: 3, refused: 5 } as const;

/** `host`: labels of 1 to 63 bytes, together at most 253 with their dots. */
export function encodeQuery(id: number, host: string, type: RecordType): Buffer {
  const query = Buffer.alloc(HEADER_BYTES + host.length + 2 + 4);
  query.writeUInt16BE(id, 0);
  query.writeUInt16BE(FLAG.recursionDesired, 2);
  query.writeUInt16BE(1, 4);
  let at = HEADER_BYTES;
  for (const label of host.split('.')) {
    query.writeUInt8(label.length, at);
    query.write(label, at + 1, 'latin1');
    at += 1 + label.length;
  }
  query.writeUInt16BE(type, at + 1);
  query.writeUInt16BE(CLASS_IN, at + 3);
  return query;
}

/** @returns null if the message is no reply to this query (made by `encodeQuery`). */
export function readReply(message: Buffer, query: Buffer): DnsReply | null {
  if (message.length < HEADER_BYTES || message.readUInt16BE(0) !== query.readUInt16BE(0)) return null;
  const flags = message.readUInt16BE(2);
  if ((flags & FLAG.response) === 0 || (flags & FLAG.opcode) !== 0) return null;
  const rcode = flags & 0xf;
  // Some servers leave the question out of an error.
  const isBareError = message.readUInt16BE(4) === 0 && rcode !== RCODE.ok;
  if (!isBareError && !repeatsQuestion(message, query)) return null;
  if (rcode === RCODE.noName) return isBareError ? 'failed' : 'no_name';
  if (rcode === RCODE.refused) return 'refused';
  if (rcode !== RCODE.ok) return 'failed';
  if ((flags & FLAG.truncated) !== 0) return 'truncated';
  return addressesIn(message, query) ?? 'failed';
}

function repeatsQuestion(message: Buffer, query: Buffer): boolean {
  if (message.readUInt16BE(4) !== 1 || message.length < query.length) return false;
  // No length, type or class is a letter, so that folding makes no two of them equal.
  for (let i = HEADER_BYTES; i < query.length; i++)
    if (lower(message.readUInt8(i)) !== lower(query.readUInt8(i))) return false;
  return true;
}

interface Answer {
  readonly owner: string;
  readonly ttl: number;
  /** Of an address record. */
  readonly address: string | null;
  /** Of an alias. */
  readonly target: string | null;
}

/** @returns null if the message is malformed, or aliases lead in a circle. */
function addressesIn(message: Buffer, query: Buffer): readonly AddressRecord[] | null {
  const answers = readAnswers(message, query.length, query.readUInt16BE(query.length - 4));
  if (answers === null) return null;
  let name = readName(query, HEADER_BYTES)?.name ?? null;
  let ttl = MAX_TTL;
  for (let aliases = 0; aliases <= MAX_ALIASES; aliases++) {
    const own = answers.filter(({ owner }) => owner === name);
    const found = own.flatMap(({ address, ttl: ownTtl }) =>
      address === null ? [] : [{ address, ttl: Math.min(ttl, ownTtl) }],
    );
    const alias = own.find(({ target }) => target !== null);
    if (found.length > 0 || alias === undefined) return found;
    name = alias.target;
    ttl = Math.min(ttl, alias.ttl);
  }
  return null;
}

/** The records of the answer section that matter: addresses of the type, and aliases. */
function readAnswers(message: Buffer, start: number, type: number): readonly Answer[] | null {
  const answers: Answer[] = [];
  const count = Math.min(message.readUInt16BE(6), MAX_RECORDS);
  let at = start;
  for (let k = 0; k < count; k++) {
    const owner = readName(message, at);
    if (owner === null || owner.end + RECORD_BYTES > message.length) return null;
    const data = owner.end + RECORD_BYTES;
    const end = data + message.readUInt16BE(data - 2);
    if (end > message.length) return null;
    const answer = readRecord(message, owner, end, type);
    if (answer === 'malformed') return null;
    if (answer !== null) answers.push(answer);
    at = end;
  }
  return answers;
}

function readRecord(message: Buffer, owner: Name, end: number, type: number): Answer | 'malformed' | null {
  const recordType = message.readUInt16BE(owner.end);
  const data = owner.end + RECORD_BYTES;
  if (message.readUInt16BE(owner.end + 2) !== CLASS_IN || (recordType !== type && recordType !== CNAME)) return null;
  const written = message.readUInt32BE(owner.end + 4);
  const ttl = written > MAX_TTL ? 0 : written;
  if (recordType === CNAME) {
    const target = readName(message, data);
    return target === null || target.end !== end
      ? 'malformed'
      : { owner: owner.name, ttl, address: null, target: target.name };
  }
  const bytes = message.subarray(data, end);
  if (bytes.length !== (type === RECORD_TYPE.a ? 4 : 16)) return 'malformed';
  return { owner: owner.name, ttl, address: formatAddress(bytes), target: null };
}

interface Name {
  /** Labels in lower case, each behind a character that is its length: a dot inside of a label is no border. */
  readonly name: string;
  /** Behind the name where it stands, not where a pointer leads. */
  readonly end: number;
}

/** @returns null if it ends outside of the message, is too long, or a pointer does not point backwards (RFC 1035 §4.1.4). */
function readName(message: Buffer, start: number): Name | null {
  let name = '';
  let end = -1;
  let at = start;
  // Each pointer has to lead before where its own part of the name began, so that they come to an end.
  let limit = start;
  while (at < message.length) {
    const length = message.readUInt8(at);
    if (length === 0) return { name, end: end < 0 ? at + 1 : end };
    if (length <= MAX_LABEL_BYTES) {
      const next = at + 1 + length;
      if (next > message.length || name.length + 1 + length >= MAX_NAME_BYTES) return null;
      name += String.fromCharCode(length) + message.toString('latin1', at + 1, next).toLowerCase();
      at = next;
      continue;
    }
    if (length < 0xc0 || at + 1 >= message.length) return null;
    if (end < 0) end = at + 2;
    at = ((length & 0x3f) << 8) | message.readUInt8(at + 1);
    if (at >= limit) return null;
    limit = at;
  }
  return null;
}

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}
