/** The slow, obvious reference implementation of src/wire/chunked.ts: a whole body read with regular expressions. For differential tests only. */
import type { ChunkLimits } from '../../../src/wire/chunked.ts';

export interface PlainBody {
  readonly payload: string;
  /** Bytes of the body; what is behind it is not looked at. */
  readonly length: number;
}

const SIZE_LINE = /^([0-9a-fA-F]+)[\t ]*(?:;[\t\x20-\x7e\x80-\xff]*)?\r\n/;
const TRAILER_LINE = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*\r\n/;
const MAX_DIGITS = 12;

/** Null: malformed, or not complete. */
export function plainChunkedBody(text: string, limits: ChunkLimits): PlainBody | null {
  let payload = '';
  for (let at = 0; ;) {
    const line = SIZE_LINE.exec(text.slice(at));
    if (line === null) return null;
    const [all, digits = ''] = line;
    // The first byte behind the digits is not counted, the CR is.
    if (digits.length > MAX_DIGITS || all.length - digits.length - 2 > limits.chunkExtensionBytes) return null;
    at += all.length;
    const size = Number.parseInt(digits, 16);
    if (size === 0) return trailer(text, at, payload, limits);
    if (text.slice(at + size, at + size + 2) !== '\r\n') return null;
    payload += text.slice(at, at + size);
    at += size + 2;
  }
}

function trailer(text: string, start: number, payload: string, limits: ChunkLimits): PlainBody | null {
  let at = start;
  for (let line = TRAILER_LINE.exec(text.slice(at)); line !== null; line = TRAILER_LINE.exec(text.slice(at)))
    at += line[0].length;
  at += 2;
  return text.slice(at - 2, at) === '\r\n' && at - start <= limits.trailerBytes ? { payload, length: at } : null;
}
