/**
 * The text of a configuration: a file, or what comes through a pipe (`-c <(…)`, `-c /dev/stdin`). Its size is bounded, and so
 * is the time without data, or without an answer of the file system. This file must not interpret what it reads.
 */
import { isUtf8 } from 'node:buffer';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { answeredInTime, isUnanswered } from '../lib/answered-in-time.ts';
import { errnoOf, fileReason, toldElsewhere } from '../lib/errors.ts';
import { systemTime, type Time } from '../lib/time.ts';
import type { Position } from './diagnostic.ts';

/** A configuration is a few kilobytes, with 1,000 prefixes wherever prefixes may stand a hundred and fifty; more is a wrong file. */
const MAX_BYTES = 1024 * 1024;
/** Milliseconds between two looks at a pipe that is empty, and how long it may stay so: what writes may ask for a passphrase. */
const LOOK_MS = 20;
const SILENT_MS = 60_000;
/** As the name of a file. */
export const STANDARD_INPUT = '-';
const SILENT = 'is a pipe without data';

const START: Position = { line: 1, column: 1 };
const NOT_UTF8 = '\uFFFD';

export type ConfigText =
  | { readonly ok: true; readonly value: string }
  /** The position is of the first byte that is no text, where there is one. */
  | { readonly ok: false; readonly reason: string; readonly position: Position };

/** Reads the text; never throws. `silentMs`: how long a pipe may stay empty. */
export async function readConfigText(file: string, silentMs = SILENT_MS, time = systemTime): Promise<ConfigText> {
  try {
    const bytes = file === STANDARD_INPUT ? await readStandardInput() : await readBounded(file, silentMs, time);
    return bytes === null ? unusable(SILENT) : textOf(bytes);
  } catch (error) {
    return unusable(readReason(errnoOf(error)));
  }
}

function textOf(bytes: Uint8Array): ConfigText {
  if (bytes.length > MAX_BYTES) return unusable('is larger than 1 MiB; is this the configuration?');
  const wide = wideEncoding(bytes);
  if (wide !== null) return unusable(`is ${wide}; save it as UTF-8`);
  const text = new TextDecoder('utf-8').decode(bytes);
  const nul = text.indexOf('\0');
  if (nul !== -1) return unusable('has a NUL byte and is no text', positionAt(text, nul));
  // It stands for what is none, and may be written as what it is.
  const other = text.includes(NOT_UTF8) && !isUtf8(bytes) ? text.indexOf(NOT_UTF8) : -1;
  if (other !== -1) return unusable('is not UTF-8 text; save it as UTF-8', positionAt(text, other));
  if (!text.includes('\n') && /\r./.test(text))
    return unusable('has lines that end with CR alone; save it with LF, or CR LF, at their ends');
  return text.trim() === '' ? unusable('is empty') : { ok: true, value: text };
}

/** By its mark, or by ASCII in it. */
function wideEncoding([first, second, third, fourth]: Uint8Array): string | null {
  if (first === undefined || second === undefined) return null;
  const isMarked = first + second === 0xff + 0xfe;
  const zeros = [first, second, third, fourth].filter((byte) => byte === 0).length;
  const isFour = isMarked ? zeros === 2 : zeros === 3 || (zeros === 2 && third === 0xfe && fourth === 0xff);
  if (isFour) return 'UTF-32';
  const [here, there] = first === 0 ? [third, fourth] : [fourth, third];
  const isTwo = (first === 0) !== (second === 0) && (here ?? 0) === 0 && there !== 0;
  return isMarked || isTwo ? 'UTF-16' : null;
}

function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset);
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
}

function unusable(reason: string, position = START): ConfigText {
  return { ok: false, reason, position };
}

/**
 * Reads at most one byte more than is allowed, because the path may be a device.
 * @returns null if a pipe closed without data.
 */
async function readBounded(file: string, silentMs: number, time: Time): Promise<Uint8Array | null> {
  // Without O_NONBLOCK a pipe would hold the open until somebody writes.
  const handle = await answeredInTime(file, async () => await open(file, constants.O_RDONLY | constants.O_NONBLOCK), {
    late: async (opened) => await opened?.close(),
  });
  try {
    const buffer = Buffer.allocUnsafeSlow(MAX_BYTES + 1);
    let length = 0;
    while (length < buffer.length) {
      const rest = buffer.subarray(length);
      const read = async (): Promise<number | null> => await readNow(handle, rest);
      const bytesRead = await readSome(async () => await answeredInTime(file, read), silentMs, time);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return length === 0 && (await handle.stat()).isFIFO() ? null : buffer.subarray(0, length);
  } finally {
    // A part of it may have no answer, and then the end comes behind that. One that is never closed ends the process (Node 26).
    const closed = toldElsewhere(handle.close());
    if (!isUnanswered(file)) await closed;
  }
}

/** It may be a terminal at which somebody types: it may take as long as it takes. At most one byte more than is allowed. */
async function readStandardInput(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  // Buffers, as long as nobody sets an encoding.
  const input: AsyncIterable<Buffer> = process.stdin;
  for await (const chunk of input) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_BYTES) break;
  }
  return Buffer.concat(chunks);
}

/**
 * Waits while a pipe is empty and its other end is open.
 * @param read null: it is empty now.
 * @returns 0 at the end of the pipe.
 * @throws EAGAIN if that takes too long.
 */
async function readSome(read: () => Promise<number | null>, silentMs: number, time: Time): Promise<number> {
  const until = time.now() + silentMs;
  for (;;) {
    const bytesRead = await read();
    if (bytesRead !== null) return bytesRead;
    if (time.now() >= until) throw Object.assign(new Error(SILENT), { code: 'EAGAIN' });
    await time.pause(LOOK_MS);
  }
}

/** @returns null if it is a pipe that is empty. */
async function readNow(handle: FileHandle, buffer: Uint8Array): Promise<number | null> {
  try {
    return (await handle.read(buffer)).bytesRead;
  } catch (error) {
    if (errnoOf(error) === 'EAGAIN') return null;
    throw error;
  }
}

function readReason(errno: string): string {
  return errno === 'EAGAIN' ? SILENT : `cannot be read: ${fileReason(errno)}`;
}
