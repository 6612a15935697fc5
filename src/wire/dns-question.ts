/**
 * What a client asks a resolver (RFC 1035 §4, EDNS of RFC 6891): one message read where it lies, into an object that is used again.
 * Total on any bytes, linear in their number. It must not judge the name, nor change a byte.
 *
 *   header │ name type class │ … │ OPT          `end` is behind the class; what follows is only searched for the OPT record
 *   12 B     ▲nameStart ▲nameEnd ▲end
 */

/* oxlint-disable typescript/no-non-null-assertion -- each length is compared with what is there before a byte behind it is read; the table has 256 rows */

/** One object for all messages of a thread; it holds what the last one said. Places are offsets in the buffer that was given. */
export class Question {
  /** Where its message starts and ends. */
  start = 0;
  messageEnd = 0;
  id = 0;
  /** The second word of the header, as it came. */
  flags = 0;
  qtype = 0;
  qclass = 0;
  nameStart = 0;
  /** Behind the root label. */
  nameEnd = 0;
  /** Behind the question. */
  end = 0;
  /**
   * The name in lower case, without the last dot, if it is made of characters that a URL may have in a host: letters,
   * digits, `-`, `_`, and some others. Of a name with other bytes a label that stands for them, before the labels behind the last such byte: it is
   * below whatever they are below. It is null if no label is left, if it is the root, or if it reads as an IPv4 address (WHATWG URL, "ends in a number"): no list can mean such a name.
   */
  host: string | null = null;
  /** The name has bytes that no host of a URL has. */
  hasOtherBytes = false;
  hasOpt = false;
  ednsVersion = 0;
  /** DNSSEC OK (RFC 3225). */
  do = false;
  /** What the client takes over UDP: at least 512. */
  udpSize = MIN_UDP_SIZE;
  /** The client's cookie and the server's behind it (RFC 7873 §4), without the option's header; both 0: the server's is not there. */
  cookieStart = 0;
  cookieEnd = 0;
}

/**
 * `question`: exactly one, of class IN or ANY, whatever the opcode: Knot Resolver answers each as QUERY. `other`: one question of another class, for the
 * resolver to answer. `unsupported`: NOTIFY, UPDATE, or an opcode without a question (sessions of RFC 8490): NOTIMP.
 * `malformed`: a query that breaks the grammar: FORMERR. `drop`: no header, or a response: never answered.
 */
export type QuestionOutcome = 'question' | 'other' | 'unsupported' | 'malformed' | 'drop';

const MIN_UDP_SIZE = 512;
export const HEADER_BYTES = 12;
const CLASS_IN = 1;
/** Some resolvers answer it with what class IN has. */
const CLASS_ANY = 255;
const TYPE_OPT = 41;
/** Of an OPT record (RFC 7873 §4). */
export const OPTION_COOKIE = 10;
/** Of an option: code and length (RFC 6891 §6.1.2). */
export const OPTION_HEADER = 4;
/** Of both cookies; the client's alone has 8 bytes (RFC 7873 §4). */
const MIN_COOKIES = 16;
const MAX_COOKIES = 40;
export const MAX_LABEL = 63;
/** With its length bytes and the root label. */
const MAX_NAME = 255;
export const POINTER = 0xc0;
/** Of the root label, type, class, TTL and length: what a record takes at least behind its owner. */
const RECORD_BYTES = 10;
const OPCODE = { query: 0, notify: 4, update: 5 } as const;
const DO_BIT = 0x8000;
const DOT = 0x2e;
const ZERO = 0x30;
const SMALL_X = 0x78;

/** A URL may have these in a host (WHATWG URL, forbidden domain code points): below a listed domain such a name is as listed as any. */
const OTHERS = '!"$&\'()*+,;=`{}~';
/** In place of labels with other bytes, as short as the shortest, so that no name gets too long. Whoever lists just this label means nothing else. */
const OTHER_LABEL = '"';
/** Lower case of the characters of a host name; 0 for every other byte. */
const FOLDED = foldedCharacters();
const scratch = Buffer.alloc(MAX_NAME);

/** Reads the message `buf[start..end)`. For `question` and `other` all of `into` is of this message, otherwise only the header's fields. */
export function readQuestion(buf: Buffer, start: number, end: number, into: Question): QuestionOutcome {
  if (end - start < HEADER_BYTES) return 'drop';
  into.start = start;
  into.messageEnd = end;
  into.id = word(buf, start);
  into.flags = word(buf, start + 2);
  if ((into.flags & 0x8000) !== 0) return 'drop';
  const opcode = (into.flags >>> 11) & 0xf;
  if (opcode === OPCODE.notify || opcode === OPCODE.update) return 'unsupported';
  if (word(buf, start + 4) !== 1) return opcode === OPCODE.query ? 'malformed' : 'unsupported';
  const nameEnd = readName(buf, start + HEADER_BYTES, end, into);
  if (nameEnd < 0 || nameEnd + 4 > end) return 'malformed';
  into.nameStart = start + HEADER_BYTES;
  into.nameEnd = nameEnd;
  into.qtype = word(buf, nameEnd);
  into.qclass = word(buf, nameEnd + 2);
  into.end = nameEnd + 4;
  if (!readOpt(buf, end, into)) return 'malformed';
  return into.qclass === CLASS_IN || into.qclass === CLASS_ANY ? 'question' : 'other';
}

/** @returns where the name ends; -1 if it is none. A pointer is none: nothing stands before a question that it could point to. */
function readName(buf: Buffer, start: number, end: number, into: Question): number {
  let at = start;
  /** Where in `scratch` the labels begin that are of such characters to the end. */
  let clean = 1;
  let last = 0;
  for (;;) {
    if (at >= end) return -1;
    const length = buf[at]!;
    if (length === 0) break;
    const next = at + 1 + length;
    // One byte is left for the root label.
    if (length > MAX_LABEL || next >= end || next - start >= MAX_NAME) return -1;
    last = at + 1 - start;
    for (let i = at + 1; i < next; i += 1) {
      const folded = FOLDED[buf[i]!]!;
      if (folded === 0) clean = next - start + 1;
      scratch[i - start] = folded;
    }
    scratch[next - start] = DOT;
    at = next;
  }
  const length = at - start;
  into.hasOtherBytes = clean > 1;
  into.host = null;
  if (length > clean && !isNumber(last, length)) {
    const labels = scratch.toString('latin1', clean, length);
    into.host = into.hasOtherBytes ? `${OTHER_LABEL}.${labels}` : labels;
  }
  return at + 1;
}

/** Whether the last label, `scratch[from..to)`, is digits only, or `0x` and hexadecimal digits. */
function isNumber(from: number, to: number): boolean {
  const first = scratch[from]!;
  if (first < ZERO || first > ZERO + 9) return false;
  const isHex = first === ZERO && to - from > 1 && scratch[from + 1] === SMALL_X;
  for (let i = from + (isHex ? 2 : 1); i < to; i += 1) {
    const code = scratch[i]!;
    const isDigit = code >= ZERO && code <= ZERO + 9;
    if (!isDigit && !(isHex && code >= 0x61 && code <= 0x66)) return false;
  }
  return true;
}

/** @returns false if the records behind the question are cut off, or two of them are OPT (RFC 6891 §6.1.1). Bytes behind them are ignored. */
function readOpt(buf: Buffer, end: number, into: Question): boolean {
  into.hasOpt = false;
  into.ednsVersion = 0;
  into.do = false;
  into.udpSize = MIN_UDP_SIZE;
  into.cookieStart = into.cookieEnd = 0;
  const { start } = into;
  const before = word(buf, start + 6) + word(buf, start + 8);
  const records = before + word(buf, start + 10);
  let at = into.end;
  for (let k = 0; k < records; k += 1) {
    const owner = at;
    at = skipName(buf, at, end);
    if (at < 0 || at + RECORD_BYTES > end) return false;
    const next = at + RECORD_BYTES + word(buf, at + 8);
    if (next > end) return false;
    if (word(buf, at) === TYPE_OPT) {
      if (into.hasOpt || k < before || buf[owner] !== 0) return false;
      into.hasOpt = true;
      into.udpSize = Math.max(MIN_UDP_SIZE, word(buf, at + 2));
      into.ednsVersion = buf[at + 5]!;
      into.do = (word(buf, at + 6) & DO_BIT) !== 0;
      readCookies(buf, at + RECORD_BYTES, next, into);
    }
    at = next;
  }
  return true;
}

/** What is no whole option ends them: the resolver says what it thinks of that. */
function readCookies(buf: Buffer, start: number, end: number, into: Question): void {
  for (let at = start; at + OPTION_HEADER <= end;) {
    const data = at + OPTION_HEADER;
    const length = word(buf, at + 2);
    if (data + length > end) return;
    if (word(buf, at) === OPTION_COOKIE) {
      const hasBoth = length >= MIN_COOKIES && length <= MAX_COOKIES;
      into.cookieStart = hasBoth ? data : 0;
      into.cookieEnd = hasBoth ? data + length : 0;
      return;
    }
    at = data + length;
  }
}

/** @returns behind the name where it stands, wherever a pointer leads; -1 if it is cut off. */
export function skipName(buf: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end) {
    const length = buf[at]!;
    if (length === 0) return at + 1;
    if (length >= POINTER) return at + 2;
    if (length > MAX_LABEL) return -1;
    at += 1 + length;
  }
  return -1;
}

function word(buf: Buffer, at: number): number {
  return (buf[at]! << 8) | buf[at + 1]!;
}

function foldedCharacters(): Uint8Array {
  const folded = new Uint8Array(256);
  for (const code of Buffer.from(`abcdefghijklmnopqrstuvwxyz0123456789-_${OTHERS}`, 'latin1')) folded[code] = code;
  for (let upper = 0x41; upper <= 0x5a; upper += 1) folded[upper] = upper | 0x20;
  return folded;
}
