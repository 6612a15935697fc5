/**
 * The lines of a list that may steer, or that allow, cut into pieces: each is parsed as a list of its own, and the control thread has its turn
 * between two. Of a list of a million lines only those are parsed that have the word.
 *
 * Pure. It must not say what a line means (list/names does).
 */
import type { ListNames } from '../../list/names/list-names.ts';

/** Bytes of a piece, and one line more. */
const PIECE_BYTES = 8 * 1024;
/** Lines before the first entry of a payload. */
const HEADER_LINES = 3;
const NEWLINE = 0x0a;
const WORD = 'steer';

export function* namePieces(names: ListNames): Generator<ListNames, void> {
  const bytes = Buffer.from(names.bytes.buffer, names.bytes.byteOffset, names.bytes.byteLength);
  const start = names.form === 'names' ? headerEnd(bytes) : 0;
  const header = bytes.subarray(0, start);
  const next = names.action === 'allow' ? anyLine : steerLine;
  let piece: Buffer[] = [header];
  let size = 0;
  for (let line = next(bytes, start); line !== null; line = next(bytes, line.end)) {
    piece.push(bytes.subarray(line.start, line.end));
    size += line.end - line.start;
    if (size < PIECE_BYTES) continue;
    yield { ...names, bytes: Buffer.concat(piece) };
    piece = [header];
    size = 0;
  }
  if (size > 0) yield { ...names, bytes: Buffer.concat(piece) };
}

interface Span {
  readonly start: number;
  /** Behind its newline. */
  readonly end: number;
}

function headerEnd(bytes: Buffer): number {
  let at = 0;
  for (let lines = 0; lines < HEADER_LINES; lines++) at = bytes.indexOf(NEWLINE, at) + 1;
  return at;
}

/** What has no newline behind it is no line: padding, or a list that was cut off. */
function anyLine(bytes: Buffer, from: number): Span | null {
  const newline = bytes.indexOf(NEWLINE, from);
  return newline === -1 ? null : { start: from, end: newline + 1 };
}

function steerLine(bytes: Buffer, from: number): Span | null {
  const word = bytes.indexOf(WORD, from, 'latin1');
  if (word === -1) return null;
  const newline = bytes.indexOf(NEWLINE, word);
  return newline === -1 ? null : { start: Math.max(from, bytes.lastIndexOf(NEWLINE, word) + 1), end: newline + 1 };
}
