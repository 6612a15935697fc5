/**
 * A line of the log of events (events.ts), read. A list of a million entries is a million events of one kind at each start: those are read byte by
 * byte, where they are spelled as this program spells them, and all else by JSON.parse. It must not know what an event changes.
 *
 *   {"seq":12,"time":"2026-11-26T12:00:00Z","kind":"added","line":"…","salt":"…"}
 */

/** As in events.ts, of the one kind. */
export interface AddedEvent {
  readonly seq: number;
  readonly time: string;
  readonly kind: 'added';
  readonly line: string;
  readonly salt: string;
}

const SEQ = Buffer.from('{"seq":');
const TIME = Buffer.from(',"time":"');
const LINE = Buffer.from('","kind":"added","line":"');
const SALT = Buffer.from('","salt":"');
const END = Buffer.from('"}');
/** `2026-11-26T12:00:00Z` */
const TIME_BYTES = 20;
/** Base64 of 32 bytes. */
const SALT_BYTES = 44;
/** More would not be exact. */
const MAX_DIGITS = 15;
const ZERO = 0x30;
const QUOTE = 0x22;

/** 1 for what stands for itself in a text of JSON. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number(byte >= 0x20 && byte <= 0x7e && byte !== QUOTE && byte !== 0x5c),
);

export class AddedLines {
  /** The time of the last one, which most have in common. */
  #time = '';
  #timeBytes: Buffer = Buffer.alloc(TIME_BYTES);

  /** @param bytes of the line: from `from` to `to`. @returns null if it is no such event, or is spelled in another way. */
  read(bytes: Buffer, from: number, to: number): AddedEvent | null {
    const digits = from + SEQ.length;
    const behind = behindDigits(bytes, digits);
    const time = behind + TIME.length;
    const line = time + TIME_BYTES + LINE.length;
    if (behind === digits || !stands(bytes, from, SEQ) || !stands(bytes, behind, TIME)) return null;
    if (!arePlain(bytes, time, time + TIME_BYTES) || !stands(bytes, time + TIME_BYTES, LINE)) return null;
    const salt = behindPlain(bytes, line) + SALT.length;
    const end = salt + SALT_BYTES;
    if (!stands(bytes, salt - SALT.length, SALT) || !arePlain(bytes, salt, end)) return null;
    if (!stands(bytes, end, END) || end + END.length !== to) return null;
    return {
      seq: numberAt(bytes, digits, behind),
      time: this.#timeAt(bytes, time),
      kind: 'added',
      line: bytes.toString('latin1', line, salt - SALT.length),
      salt: bytes.toString('latin1', salt, end),
    };
  }

  #timeAt(bytes: Buffer, at: number): string {
    if (!stands(bytes, at, this.#timeBytes)) {
      this.#timeBytes = Buffer.from(bytes.subarray(at, at + TIME_BYTES));
      this.#time = this.#timeBytes.toString('latin1');
    }
    return this.#time;
  }
}

function stands(bytes: Uint8Array, at: number, text: Uint8Array): boolean {
  for (let i = 0; i < text.length; i += 1) if (bytes[at + i] !== text[i]) return false;
  return true;
}

function arePlain(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) if (PLAIN[bytes[at] ?? 0] !== 1) return false;
  return true;
}

function behindPlain(bytes: Uint8Array, from: number): number {
  let at = from;
  while (PLAIN[bytes[at] ?? 0] === 1) at += 1;
  return at;
}

/** JSON has no zeros in front: what begins with one is read by JSON.parse. */
function behindDigits(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < from + MAX_DIGITS && isDigit(bytes[at] ?? 0)) at += 1;
  return bytes[from] === ZERO ? from : at;
}

function numberAt(bytes: Uint8Array, from: number, to: number): number {
  let number = 0;
  for (let at = from; at < to; at += 1) number = number * 10 + (bytes[at] ?? 0) - ZERO;
  return number;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= ZERO + 9;
}
