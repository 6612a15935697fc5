/**
 * The text list format (docs/list-format.md): one line → an entry, nothing, or a fault with line and column.
 *
 *   http://host.example/dir/*   count expires=2027-03-31 reason="…"   # comment
 *   └── address.ts ──────────┘ └── attributes.ts ───────────────────┘
 *
 * Total on any bytes. It must not decide whether a list is good enough (compile.ts) and never quotes a line.
 */
import { foldedException, inexactQuery } from './exact-exception.ts';
import type { Entry, PathScope } from '../../match/entry.ts';
import type { ListAction } from '../../lib/types.ts';
import { MAX_KEY_BYTES } from '../../match/probe.ts';
import type { ByteString } from '../../url/bytes.ts';
import { FOLD } from '../../url/fold.ts';
import { isProgramPage, PROGRAM_ENDINGS } from '../../url/program-pages.ts';
import { parseAddress } from './address.ts';
import type { Address } from './address.ts';
import { parseAttributes } from './attributes.ts';
import type { Attributes } from './attributes.ts';
import { parseError } from './diagnostic.ts';
import type { LineDiagnostic, ParseError } from './diagnostic.ts';
import { foreignLine, foreignTail } from './foreign-line.ts';
import { columnAt, readLines } from './lines.ts';
import type { Line } from './lines.ts';

export interface TextListOptions {
  /** Index of the list in the configuration; becomes `Entry.list`. */
  readonly list: number;
  readonly action: ListAction;
  /** Called now and then with the number of bytes that have been read. */
  readonly progress?: (bytes: number) => void;
  /** Names of the lines, at their numbers less one, where the text was made of another. Absent: their numbers. */
  readonly numbers?: Int32Array | undefined;
}

export type LineOutcome =
  | { readonly kind: 'nothing' }
  /** `column`: 1-based, of the address. */
  | { readonly kind: 'entry'; readonly entry: Entry; readonly column: number }
  | { readonly kind: 'error'; readonly diagnostic: LineDiagnostic };

type PathOnHost = Exclude<PathScope, { readonly kind: 'host' }>;

const NOTHING: LineOutcome = { kind: 'nothing' };
/** A few milliseconds. */
const LINES_PER_REPORT = 4096;

/** Every line of the list in order; lazily, so that a big list is never held twice. */
export function* parseTextList(bytes: Uint8Array, options: TextListOptions): Generator<LineOutcome> {
  for (const line of readLines(bytes)) {
    if (options.progress !== undefined && line.number % LINES_PER_REPORT === 0) options.progress(line.start);
    const { numbers } = options;
    yield parseLine(numbers === undefined ? line : { ...line, number: numbers[line.number - 1] ?? 0 }, options);
  }
}

/** One line; `addressText` is what its address is read from. */
export function parseLine(line: Line, options: TextListOptions): LineOutcome {
  if (line.error !== null) return faulty(line, line.error);
  const start = firstNonBlank(line.text);
  if (start === -1 || line.text[start] === '#') return NOTHING;
  const end = addressEnd(line.text, start);
  const attributes = parseAttributes(line.text, end);
  const address = parseAddress(line.text.slice(start, end), attributes.ok ? attributes.fold : 0);
  if (!address.ok) return faulty(line, named(address, line.text, start));
  if (!attributes.ok) return faulty(line, foreignTail(line.text, start, attributes.code) ?? attributes);
  const unfit =
    lengthError(address, start) ??
    foldError(address, attributes, end) ??
    (options.action === 'allow' ? exceptionError(line.text, attributes, { at: start, end }) : null);
  if (unfit !== null) return faulty(line, unfit);
  // Nothing but blanks stands before it.
  return { kind: 'entry', entry: entryOf(line.number, address, attributes, options.list), column: start + 1 };
}

/** Of a request no longer key is looked up. */
function lengthError({ host, path }: Address, at: number): ParseError | null {
  if (path.kind === 'host') return null;
  const length =
    host.length + path.path.length + (path.kind === 'url' && path.query !== null ? path.query.length + 1 : 0);
  return length <= MAX_KEY_BYTES
    ? null
    : parseError(
        at,
        `the address has ${length} bytes without its scheme, as it is folded; at most ${MAX_KEY_BYTES} can be matched`,
      );
}

function foldError({ path }: Address, { fold }: Attributes, addressEnd: number): ParseError | null {
  if (fold === 0) return null;
  if (path.kind === 'host')
    return parseError(
      addressEnd,
      "'fold' is about paths, and this entry covers the whole host; leave it out, or write the path",
    );
  return (fold & FOLD.info) === 0 ? null : infoError(path, addressEnd);
}

/** No other page is asked for without the text behind it (`pagesBefore`). */
function infoError(path: PathOnHost, addressEnd: number): ParseError | null {
  if (path.kind === 'directory')
    return parseError(addressEnd, "'info' is about pages, and this entry covers everything below; leave it out");
  return isProgramPage(path.path)
    ? null
    : parseError(
        addressEnd,
        `'info' is about pages of programs (${PROGRAM_ENDINGS.join(', ')}); for another one, list what is below it (/page/*) beside it`,
      );
}

/** An error of the address, which stands at `start`; whose line it is, if that shows. */
function named(address: ParseError, text: ByteString, start: number): ParseError {
  return foreignLine(text, start) ?? { ...address, at: start + address.at };
}

function exceptionError(
  text: ByteString,
  attributes: Attributes,
  { at, end }: { readonly at: number; readonly end: number },
): ParseError | null {
  return (
    allowError(attributes, end) ??
    foldedException(attributes.fold, end) ??
    inexactQuery({ text: text.slice(at, end), at })
  );
}

/** What wins over every list must say why and until when: nobody cleans up exceptions otherwise. */
function allowError(attributes: Attributes, addressEnd: number): ParseError | null {
  const missing = [
    attributes.hasReason ? '' : 'reason="…"',
    attributes.expires === 0 ? 'expires=YYYY-MM-DD' : '',
  ].filter((part) => part !== '');
  if (missing.length > 0) return parseError(addressEnd, `an entry of an allow list needs ${missing.join(' and ')}`);
  return attributes.count
    ? parseError(addressEnd, "'count' makes no sense in an allow list: its entries never block")
    : null;
}

function entryOf(number: number, address: Address, attributes: Attributes, list: number): Entry {
  const { host, subdomains, path, port } = address;
  const { fold, expires, count, test, dns, steer } = attributes;
  return { host, subdomains, path, fold, port, id: BigInt(number), list, expires, count, test, dns, steer };
}

function faulty(line: Line, { at, code, message }: ParseError): LineOutcome {
  return { kind: 'error', diagnostic: { code, line: line.number, column: columnAt(line.text, at), message } };
}

/** The address of a line as it is spelled, and where it starts (0-based); of a line that holds an entry. */
export function addressText({ text }: Line): { readonly at: number; readonly text: ByteString } {
  const at = Math.max(0, firstNonBlank(text));
  return { at, text: text.slice(at, addressEnd(text, at)) };
}

function firstNonBlank(text: ByteString): number {
  for (let i = 0; i < text.length; i++) if (text[i] !== ' ' && text[i] !== '\t') return i;
  return -1;
}

function addressEnd(text: ByteString, start: number): number {
  let end = start;
  while (end < text.length && text[end] !== ' ' && text[end] !== '\t') end += 1;
  return end;
}
