/**
 * The second look at a response head that the strict parser refused: rewrites what is merely old or sloppy into strict
 * form, and refuses what could split or smuggle. Cold and obvious on purpose. It must not pass anything by the strict parser.
 */
import { BYTE_CLASS, HTAB, SP, VALUE } from './bytes.ts';

export type RepairedHead =
  | { readonly kind: 'need-more' }
  /** Strict head bytes, and how many received bytes they stand for. */
  | { readonly kind: 'head'; readonly head: string; readonly consumed: number }
  /** No status line at all: everything received is body (HTTP/0.9). */
  | { readonly kind: 'headless' }
  | { readonly kind: 'malformed' };

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** What else cannot stand in a value, controls that is, is invalid but does no harm: a space in its place. */
const CONTROL = /[^\t\x20-\x7e\x80-\xff]/;
/** By byte: what stands in its place. */
const IN_VALUE = Uint8Array.from(BYTE_CLASS, (kinds, byte) => ((kinds & VALUE) === 0 ? SP : byte));
/** Of these nothing is guessed. */
const FRAMING: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding']);
const MAX_FRAMING = 1000;
/** Lines of a head with its status line, folds and what is no field among them: each is looked at several times (requirement 60). */
const MAX_LINES = 1024;
/** Empty lines that are let pass before a status line: some servers leave one behind their last response or a 100. */
const MAX_EMPTY_LINES = 4;

/** `text`: the bytes received so far, as a byte string. */
export function repairResponseHead(text: string, maxBytes: number): RepairedHead {
  const start = afterEmptyLines(text);
  const message = text.slice(start);
  if (!couldBeStatusLine(message)) return { kind: 'headless' };
  const lines: string[] = [];
  let at = 0;
  for (let lf = message.indexOf('\n'); lf >= 0; lf = message.indexOf('\n', at)) {
    const end = lf > at && message[lf - 1] === '\r' ? lf - 1 : lf;
    if (end === at) return repairLines(lines, { consumed: start + lf + 1, maxBytes });
    if (lines.length === MAX_LINES) return { kind: 'malformed' };
    lines.push(message.slice(at, end));
    at = lf + 1;
  }
  return text.length > maxBytes ? { kind: 'malformed' } : { kind: 'need-more' };
}

function repairLines(
  [line = '', ...rest]: readonly string[],
  { consumed, maxBytes }: { readonly consumed: number; readonly maxBytes: number },
): RepairedHead {
  if (consumed > maxBytes) return { kind: 'malformed' };
  const statusLine = repairStatusLine(line);
  const fields = repairFields(rest);
  if (statusLine === null || fields === null) return { kind: 'malformed' };
  return { kind: 'head', head: `${[statusLine, ...fields].join('\r\n')}\r\n\r\n`, consumed };
}

function afterEmptyLines(text: string): number {
  let start = 0;
  for (let lines = 0; lines < MAX_EMPTY_LINES; lines++) {
    if (text[start] === '\n') start += 1;
    else if (text.startsWith('\r\n', start)) start += 2;
  }
  return start;
}

/** `\r`: perhaps half of an empty line. */
function couldBeStatusLine(text: string): boolean {
  const start = text.slice(0, 5).toUpperCase();
  return (
    start === '\r' || 'HTTP/'.startsWith(start) || 'ICY 2'.startsWith(start.slice(0, 4)) || start.startsWith('ICY ')
  );
}

/** `ICY 200 OK` (SHOUTcast) and versions like `HTTP/1` become HTTP/1.0: no keep-alive, body until close. */
function repairStatusLine(line: string): string | null {
  // Before the expression, which takes quadratic time to find that it does not match.
  if (couldSplit(line)) return null;
  const match = /^(ICY|HTTP\/1(?:\.\d)?)[ \t]+([1-9]\d{2})(?:[ \t]+(.*))?$/i.exec(line);
  if (match === null) return null;
  const [, version = '', status = '', reason = ''] = match;
  const repaired = /^HTTP\/1\.1$/i.test(version) ? 'HTTP/1.1' : 'HTTP/1.0';
  return `${repaired} ${status} ${trim(withoutControls(reason))}`;
}

function repairFields(lines: readonly string[]): string[] | null {
  const unfolded = unfold(lines);
  if (unfolded === null) return null;
  const fields: string[] = [];
  for (const line of unfolded) {
    const colon = line.indexOf(':');
    const name = trim(line.slice(0, Math.max(colon, 0)));
    if (couldSplit(line) || name.search(CONTROL) >= 0) return null;
    // A line that is no field cannot be forwarded as one; browsers skip it, so do we.
    if (!TOKEN.test(name)) continue;
    const repaired = repairValue(name.toLowerCase(), line.slice(colon + 1));
    if (repaired === null) return null;
    fields.push(`${name}: ${repaired}`);
  }
  return fields;
}

/** obs-fold becomes one SP (RFC 9112 §5.2); a fold with nothing before it is malformed. */
function unfold(lines: readonly string[]): string[] | null {
  const unfolded: string[][] = [];
  for (const line of lines) {
    if (!/^[ \t]/.test(line)) unfolded.push([line]);
    else {
      const last = unfolded.at(-1);
      if (last === undefined) return null;
      last.push(line);
    }
  }
  // Joined once: a line of forty thousand folds must not be copied forty thousand times.
  return unfolded.map((parts) =>
    parts
      .map(trim)
      .filter((part) => part !== '')
      .join(' '),
  );
}

/** `5, 5` is 5; `5, 6` is refused (RFC 9112 §6.3), and so is a length of thousands of them. */
function repairValue(name: string, value: string): string | null {
  if (FRAMING.has(name) && (value.length > MAX_FRAMING || value.search(CONTROL) >= 0)) return null;
  if (name !== 'content-length') return trim(withoutControls(value));
  const lengths = new Set(value.split(',').map(trim));
  const [only = ''] = lengths;
  return lengths.size === 1 && /^\d{1,15}$/.test(only) ? only : null;
}

/** Byte by byte: an expression would have a hundred thousand matches in the worst value. */
function withoutControls(text: string): string {
  const first = text.search(CONTROL);
  if (first < 0) return text;
  const bytes = Buffer.from(text, 'latin1');
  const { length } = bytes;
  for (let i = first; i < length; i++) bytes[i] = IN_VALUE[bytes[i] ?? 0] ?? SP;
  return bytes.toString('latin1');
}

/** A bare CR or NUL could split the response for whoever reads it next (RFC 9110 §5.5). Two searches by the machine's words are quicker than one expression. */
function couldSplit(line: string): boolean {
  return line.includes('\r') || line.includes('\0');
}

/** SP and HTAB only: `trim()` takes off CR, VT and non-breaking spaces too, and makes a field of what is none. */
function trim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text, start)) start++;
  while (end > start && isBlank(text, end - 1)) end--;
  return text.slice(start, end);
}

function isBlank(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === SP || code === HTAB;
}

/** The head of a response that has none. */
export const HEADLESS = 'HTTP/1.0 200 OK\r\n\r\n';
