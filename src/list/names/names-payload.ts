/**
 * The payload `names` as a node reads it (docs/list-distribution.md): a header, then one line for each entry, then zeros.
 *
 *   cleanfeed names 2 │ version 7 │ time 1790000000 │ ID *.host.example dns │ … │ 0 0 0 …
 *
 * Format 1 is not read: there `dns` could stand on the host of an entry that named a path. Pure and total. It must not say what a line means.
 */
import type { ByteString } from '../../url/bytes.ts';

/** A number of another one, and it is passed over. */
export const NAMES_FORMAT = 2;
/** Of names that no publisher made. */
export const NAMES_HEADER = `cleanfeed names ${NAMES_FORMAT}\nversion 0\ntime 0\n`;

/** Longer lines name no host. */
const MAX_LINE_BYTES = 2048;
const HEADER = /^cleanfeed names (\d{1,9})\nversion (\d{1,15})\ntime (\d{1,15})\n/;
/** More than the longest header. */
const HEADER_BYTES = 128;
const NEWLINE = 0x0a;

export interface NamesHeader {
  readonly version: number;
  /** Seconds since the epoch. */
  readonly time: number;
  /** Where the first line starts. */
  readonly end: number;
}

/** @returns null if it is no payload of this format. */
export function namesHeader(bytes: Uint8Array): NamesHeader | null {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, HEADER_BYTES)).toString('latin1');
  const [header, format, version, time] = HEADER.exec(text) ?? [];
  if (header === undefined || Number(format) !== NAMES_FORMAT) return null;
  return { version: Number(version), time: Number(time), end: header.length };
}

/** Each line without its newline; nothing of what is no payload of this format. The padding has no newline, and ends it. */
export function* namesLines(bytes: Uint8Array): Generator<ByteString, void> {
  const header = namesHeader(bytes);
  if (header === null) return;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let start = header.end;
  for (let end = buffer.indexOf(NEWLINE, start); end !== -1; end = buffer.indexOf(NEWLINE, start)) {
    if (end - start <= MAX_LINE_BYTES) yield buffer.toString('latin1', start, end);
    start = end + 1;
  }
}
