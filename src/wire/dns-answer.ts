/**
 * Answers of our own to a question (RFC 1035 §4, RFC 2308, RFC 6891, RFC 7873, RFC 8914): no name, no data, addresses, an error.
 * They are small and end where a client's buffer does. It must not decide what is answered.
 *
 *   header │ the question's bytes as they came │ A or AAAA, or SOA │ OPT with the cookies and the reason (only if the question had one)
 *
 * Cookies go back as they came: a client that has one of the resolver's behind drops each answer without its own (c-ares), or asks again over TCP (BIND).
 */
import { HEADER_BYTES, OPTION_COOKIE, OPTION_HEADER } from './dns-question.ts';
import type { Question } from './dns-question.ts';

/** RFC 1035 §4.1.1. `badVersion` is an extended one (RFC 6891 §9). */
export const RCODE = { ok: 0, formErr: 1, servFail: 2, noName: 3, notImp: 4, refused: 5, badVersion: 16 } as const;
export type Rcode = (typeof RCODE)[keyof typeof RCODE];

/** Info-codes of extended errors (RFC 8914 §4); `none`: no option. */
export const REASON = { none: -1, blocked: 15, censored: 16, filtered: 17, prohibited: 18, networkError: 23 } as const;
export type Reason = (typeof REASON)[keyof typeof REASON];

export interface OwnAnswer {
  readonly rcode: Rcode;
  /** Each of 4 or 16 bytes, as the type of the question asks. None, with `ok` or `noName`: negative, with an SOA, so that it is cached. */
  readonly addresses: readonly Uint8Array[];
  /** Seconds. */
  readonly ttl: number;
  readonly reason: Reason;
}

/** Of the longest own answer without addresses: a name of 255 bytes, SOA, OPT. */
export const MAX_OWN_ANSWER = 512;
/** What is announced as the size of our own buffer (RFC 6891 §6.2.3, DNS flag day 2020). */
const OWN_UDP_SIZE = 1232;
const TYPE = { a: 1, soa: 6, aaaa: 28, opt: 41 } as const;
const CLASS_IN = 1;
const OPTION_EXTENDED_ERROR = 15;
const OPT_BYTES = 11;
const REASON_BYTES = 6;
/** Owner (a pointer), type, class, TTL, length. */
const RECORD_BYTES = 12;
/** Pointer to the name of the question. */
const OWNER = 0xc000 | HEADER_BYTES;
/** Two root labels and five words. */
const SOA_BYTES = 22;
/** Opcode, RD and CD are the client's (RFC 4035 §3.2.2). AA is off, since nothing of this is of the name's own zone. */
const FLAG = { copied: 0x7910, response: 0x8000, recursionAvailable: 0x0080 } as const;
const DO_BIT = 0x8000;
const SOA = { serial: 1, refresh: 3600, retry: 600, expire: 86_400 } as const;

/**
 * Writes the answer to what `readQuestion` found in `buf`, as `question` or `other`.
 *
 * @param into at least MAX_OWN_ANSWER bytes. @param limit at least as many: over UDP `udpSize` of the question, over TCP any number.
 * @returns how many bytes were written. Addresses that do not fit are left out: each of them alone is an answer.
 */
export function writeAnswer(buf: Buffer, question: Question, answer: OwnAnswer, into: Buffer, limit: number): number {
  // A version that is not spoken here: the client is told which one is (RFC 6891 §6.1.3).
  const isSpoken = question.ednsVersion === 0;
  const rcode = isSpoken ? answer.rcode : RCODE.badVersion;
  const reason = isSpoken ? answer.reason : REASON.none;
  const optBytes = question.hasOpt ? OPT_BYTES + cookieBytes(question) + reasonBytes(reason) : 0;
  let at = HEADER_BYTES + buf.copy(into, HEADER_BYTES, question.nameStart, question.end);
  const room = Math.min(into.length, limit) - optBytes - at;
  const addresses = rcode === RCODE.ok ? writeAddresses(question.qtype, answer, into, at, room) : 0;
  at += addresses * addressRecordBytes(question.qtype);
  const isNegative = addresses === 0 && (rcode === RCODE.ok || rcode === RCODE.noName);
  if (isNegative) at = writeSoa(answer.ttl, into, at);
  writeHeader(question, rcode, into);
  put16(into, 4, 1);
  put16(into, 6, addresses);
  put16(into, 8, isNegative ? 1 : 0);
  put16(into, 10, question.hasOpt ? 1 : 0);
  if (!question.hasOpt) return at;
  at = writeOpt(question, rcode, reason, into, at);
  at = writeCookies(buf, question, into, at);
  return writeReason(reason, into, at);
}

/** Of the option, with its header. */
function cookieBytes({ cookieStart, cookieEnd }: Question): number {
  return cookieEnd === 0 ? 0 : OPTION_HEADER + cookieEnd - cookieStart;
}

function reasonBytes(reason: Reason): number {
  return reason === REASON.none ? 0 : REASON_BYTES;
}

/**
 * Writes an error to a message of which only the header could be read (`malformed`, `unsupported`): no question, no OPT.
 * @returns how many bytes were written.
 */
export function writeBareError(question: Question, rcode: Rcode, into: Buffer): number {
  writeHeader(question, rcode, into);
  into.fill(0, 4, HEADER_BYTES);
  return HEADER_BYTES;
}

/** All but the counts. */
function writeHeader({ id, flags }: Question, rcode: Rcode, into: Buffer): void {
  put16(into, 0, id);
  put16(into, 2, (flags & FLAG.copied) | FLAG.response | FLAG.recursionAvailable | (rcode & 0xf));
}

/** @returns how many there was room for. */
function writeAddresses(qtype: number, answer: OwnAnswer, into: Buffer, start: number, room: number): number {
  const bytes = addressRecordBytes(qtype);
  let count = 0;
  for (const address of answer.addresses) {
    if (RECORD_BYTES + address.length !== bytes || (count + 1) * bytes > room) continue;
    const at = start + count * bytes;
    writeRecord(qtype, answer.ttl, address.length, into, at);
    into.set(address, at + RECORD_BYTES);
    count += 1;
  }
  return count;
}

/** Of a type that has no addresses: none is as long. */
function addressRecordBytes(qtype: number): number {
  return qtype === TYPE.a ? RECORD_BYTES + 4 : qtype === TYPE.aaaa ? RECORD_BYTES + 16 : 0;
}

/**
 * Of the name asked for and no zone above, so that it says nothing about any other name. Caches keep the answer for the lesser of
 * its TTL and its last field (RFC 2308 §5).
 */
function writeSoa(ttl: number, into: Buffer, at: number): number {
  writeRecord(TYPE.soa, ttl, SOA_BYTES, into, at);
  const data = at + RECORD_BYTES;
  // Master and mailbox: the root, nobody.
  put16(into, data, 0);
  for (const [i, value] of [SOA.serial, SOA.refresh, SOA.retry, SOA.expire, ttl].entries())
    put32(into, data + 2 + 4 * i, value);
  return data + SOA_BYTES;
}

function writeRecord(type: number, ttl: number, length: number, into: Buffer, at: number): void {
  put16(into, at, OWNER);
  put16(into, at + 2, type);
  put16(into, at + 4, CLASS_IN);
  put32(into, at + 6, ttl);
  put16(into, at + 10, length);
}

/** Without its options. */
function writeOpt(question: Question, rcode: Rcode, reason: Reason, into: Buffer, at: number): number {
  into[at] = 0;
  put16(into, at + 1, TYPE.opt);
  put16(into, at + 3, OWN_UDP_SIZE);
  // Upper bits of the code, version 0.
  put16(into, at + 5, (rcode >>> 4) << 8);
  put16(into, at + 7, question.do ? DO_BIT : 0);
  put16(into, at + 9, cookieBytes(question) + reasonBytes(reason));
  return at + OPT_BYTES;
}

function writeCookies(buf: Buffer, question: Question, into: Buffer, at: number): number {
  const bytes = cookieBytes(question);
  if (bytes === 0) return at;
  put16(into, at, OPTION_COOKIE);
  put16(into, at + 2, bytes - OPTION_HEADER);
  buf.copy(into, at + OPTION_HEADER, question.cookieStart, question.cookieEnd);
  return at + bytes;
}

function writeReason(reason: Reason, into: Buffer, at: number): number {
  if (reason === REASON.none) return at;
  put16(into, at, OPTION_EXTENDED_ERROR);
  put16(into, at + 2, REASON_BYTES - OPTION_HEADER);
  put16(into, at + 4, reason);
  return at + REASON_BYTES;
}

function put16(into: Buffer, at: number, value: number): void {
  into[at] = value >>> 8;
  into[at + 1] = value;
}

function put32(into: Buffer, at: number, value: number): void {
  put16(into, at, value >>> 16);
  put16(into, at + 2, value & 0xffff);
}
