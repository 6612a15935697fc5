/**
 * Whether a response is signed: a record of type RRSIG in its answer (RFC 4034 §3). Total on any bytes; every loop is bounded. It
 * must not verify anything.
 */
const HEADER_BYTES = 12;
/** Type, class, TTL and length of a record. */
const RECORD_BYTES = 10;
const TYPE_RRSIG = 46;
const POINTER = 0xc0;
const MAX_LABEL = 63;

/** @param at where the message starts. @returns false, too, for what is cut off or malformed before one was found. */
export function hasSignature(buf: Buffer, at: number, end: number): boolean {
  if (end - at < HEADER_BYTES) return false;
  let place = at + HEADER_BYTES;
  for (let questions = word(buf, at + 4); questions > 0; questions -= 1) {
    place = behindName(buf, place, end) + 4;
    if (place < 4 || place > end) return false;
  }
  // The authority too: of a name without such data only the proof of that is signed.
  for (let records = word(buf, at + 6) + word(buf, at + 8); records > 0; records -= 1) {
    const record = behindName(buf, place, end);
    if (record < 0 || record + RECORD_BYTES > end) return false;
    if (word(buf, record) === TYPE_RRSIG) return true;
    place = record + RECORD_BYTES + word(buf, record + 8);
    if (place > end) return false;
  }
  return false;
}

/** @returns -1 if it is cut off */
function behindName(buf: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end) {
    const length = buf[at] ?? 0;
    if (length === 0) return at + 1;
    if (length >= POINTER) return at + 2;
    if (length > MAX_LABEL) return -1;
    at += 1 + length;
  }
  return -1;
}

function word(buf: Buffer, at: number): number {
  return ((buf[at] ?? 0) << 8) | (buf[at + 1] ?? 0);
}
