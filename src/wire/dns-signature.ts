/**
 * Whether a response is signed, as whoever validates it sees the name that was asked for: by a record of type RRSIG (RFC 4034 §3). Total on
 * any bytes; every loop is bounded. It must not verify anything.
 *
 *   www.host.example  CNAME  host.cdn.example        not signed: any address may stand in its place
 *   host.cdn.example  A      …   RRSIG A             another zone's, of which nobody asked
 */
import { HEADER_BYTES, MAX_LABEL, POINTER, skipName } from './dns-question.ts';

/** Type, class, TTL and length of a record. */
const RECORD_BYTES = 10;
const TYPE_RRSIG = 46;
const TYPE_DNAME = 39;
/** Of a name, without the root: none has more (RFC 1035 §2.3.4). */
const MAX_LABELS = 127;

/** @param at where the message starts. @returns false, too, for what is cut off or malformed before one was found. */
export function hasSignature(buf: Buffer, at: number, end: number): boolean {
  if (end - at < HEADER_BYTES) return false;
  const message: Message = { buf, start: at, end };
  let place = at + HEADER_BYTES;
  for (let questions = word(buf, at + 4); questions > 0; questions -= 1) {
    place = skipName(buf, place, end) + 4;
    if (place < 4 || place > end) return false;
  }
  const answers = word(buf, at + 6);
  // Of a name without such data only the proof of that is signed, in the authority. Behind a CNAME it is of the name that this leads to.
  for (let records = answers > 0 ? answers : word(buf, at + 8); records > 0; records -= 1) {
    const record = skipName(buf, place, end);
    if (record < 0 || record + RECORD_BYTES > end) return false;
    if (word(buf, record) === TYPE_RRSIG && (answers === 0 || signsTheName(message, place, record))) return true;
    place = record + RECORD_BYTES + word(buf, record + 8);
    if (place > end) return false;
  }
  return false;
}

interface Message {
  readonly buf: Buffer;
  readonly start: number;
  readonly end: number;
}

/** Whether it is of the name asked for, or of a DNAME above it, from which an unsigned CNAME is made (RFC 6672 §5.3.1). */
function signsTheName(message: Message, owner: number, record: number): boolean {
  const { buf, start, end } = message;
  let asked = start + HEADER_BYTES;
  let above = labelsOf(message, asked) - labelsOf(message, owner);
  const covered = record + RECORD_BYTES;
  if (above < 0 || (above > 0 && (covered + 2 > end || word(buf, covered) !== TYPE_DNAME))) return false;
  for (; above > 0; above -= 1) {
    const label = labelAt(message, asked);
    asked = label + 1 + (buf[label] ?? 0);
  }
  return isSameName(message, owner, asked);
}

/** @returns how many it has; for what is no name more than any has, or fewer. */
function labelsOf(message: Message, place: number): number {
  let at = place;
  for (let labels = 0; labels < MAX_LABELS; labels += 1) {
    const label = labelAt(message, at);
    if (label < 0 || message.buf[label] === 0) return labels;
    at = label + 1 + (message.buf[label] ?? 0);
  }
  return MAX_LABELS;
}

function isSameName(message: Message, one: number, other: number): boolean {
  const { buf } = message;
  let [a, b] = [one, other];
  // The root is one more.
  for (let labels = 0; labels <= MAX_LABELS; labels += 1) {
    a = labelAt(message, a);
    b = labelAt(message, b);
    if (a < 0 || b < 0) return false;
    const length = buf[a] ?? 0;
    for (let i = 0; i <= length; i += 1) if (lower(buf[a + i] ?? 0) !== lower(buf[b + i] ?? 0)) return false;
    if (length === 0) return true;
    a += 1 + length;
    b += 1 + length;
  }
  return false;
}

/** @returns where the label stands, or the one that a pointer leads to; -1 if there is none, or it is cut off. Nobody writes a pointer to a pointer. */
function labelAt({ buf, start, end }: Message, place: number): number {
  const isPointer = place + 1 < end && (buf[place] ?? 0) >= POINTER;
  const at = isPointer ? start + (word(buf, place) & 0x3fff) : place;
  const length = at < end ? (buf[at] ?? 0) : POINTER;
  return length <= MAX_LABEL && at + length < end ? at : -1;
}

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}

function word(buf: Buffer, at: number): number {
  return ((buf[at] ?? 0) << 8) | (buf[at + 1] ?? 0);
}
