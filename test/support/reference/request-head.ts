/**
 * The slow, obvious reference implementation of src/wire/request-head.ts: the same promises in regular expressions on the whole text, read
 * anew each time. For differential tests only.
 */
import type { RequestHeadLimits } from '../../../src/wire/request-head.ts';

export interface PlainHead {
  /** Bytes of the head. */
  readonly length: number;
  readonly method: string;
  readonly target: string;
  readonly minor: number;
  readonly body: number | 'chunked';
  readonly hasLength: boolean;
  readonly keepAlive: boolean;
  readonly bindsConnection: boolean;
  /** Lower-case name and value, in order. */
  readonly fields: readonly (readonly [name: string, value: string])[];
}

export type PlainOutcome = PlainHead | 'need-more' | { readonly refused: number };

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]";
const LEADING_TOKEN = new RegExp(`^${TOKEN}*`);
const LEADING_TARGET = /^[\x21\x22\x24-\x7e\x80-\xff]*/;
const LEADING_VALUE = /^[\t\x20-\x7e\x80-\xff]*/;
const VERSION = /^HTTP\/(\d)\.(\d)\r\n/;
const HOST = /^(?:\[[0-9a-f:.]+\]|[\w\-.~%!$&'()*+;=\x80-\xff]+)(?::(\d{0,15}))?$/i;
/** SP and HTAB only: what else JavaScript takes for white space may stand in a value. */
const trimmed = (text: string): string => text.replace(/^[ \t]+/, '').replace(/[ \t]+$/, '');
const LONGEST_METHOD = 64;
const LISTS = new Set(['connection', 'via', 'upgrade', 'transfer-encoding']);
const MAX_ELEMENTS = 128;

const refused = (status: number): { readonly refused: number } => ({ refused: status });

/** `text`: what has been received so far, one char a byte. */
export function plainRequestHead(text: string, limits: RequestHeadLimits): PlainOutcome {
  const line = readLine(text, limits);
  if (line === 'need-more' || 'refused' in line) return line;
  const section = readSection(text.slice(line.length), limits);
  if (section === 'need-more' || 'refused' in section) return section;
  return judge(line, section);
}

interface Line {
  readonly length: number;
  readonly method: string;
  readonly target: string;
  readonly minor: number;
}

function readLine(text: string, limits: RequestHeadLimits): Line | Exclude<PlainOutcome, PlainHead> {
  const method = LEADING_TOKEN.exec(text)![0];
  if (method.length > LONGEST_METHOD) return refused(501);
  if (method === text) return 'need-more';
  if (method === '' || text[method.length] !== ' ') return refused(400);
  const rest = text.slice(method.length + 1);
  const target = LEADING_TARGET.exec(rest)![0];
  if (`${method} ${target} HTTP/1.1`.length > limits.requestLineBytes) return refused(414);
  if (target === rest) return 'need-more';
  if (target === '' || rest[target.length] !== ' ') return refused(400);
  const version = rest.slice(target.length + 1, target.length + 11);
  const digits = VERSION.exec(version);
  if (digits === null) return VERSION.test(version + 'HTTP/1.1\r\n'.slice(version.length)) ? 'need-more' : refused(400);
  if (digits[1] !== '1' || Number(digits[2]) > 1) return refused(505);
  return { length: method.length + 1 + target.length + 11, method, target, minor: Number(digits[2]) };
}

interface Section {
  readonly length: number;
  readonly fields: [name: string, value: string][];
}

function readSection(text: string, limits: RequestHeadLimits): Section | Exclude<PlainOutcome, PlainHead> {
  const wait = text.length > limits.headerBytes + 1 ? refused(431) : 'need-more';
  // Behind the limit nothing is looked at, but for the empty line.
  const seen = text.slice(0, limits.headerBytes + 2);
  const fields: [string, string][] = [];
  for (let at = 0; ;) {
    const rest = seen.slice(at);
    if (rest === '' || rest === '\r') return wait;
    if (rest.startsWith('\r\n')) return { length: at + 2, fields };
    if (rest.startsWith('\r')) return refused(400);
    if (fields.length >= limits.headerCount) return refused(431);
    const name = LEADING_TOKEN.exec(rest)![0];
    if (name === rest) return wait;
    if (name === '' || rest[name.length] !== ':') return refused(400);
    const value = LEADING_VALUE.exec(rest.slice(name.length + 1))![0];
    const end = rest.slice(name.length + 1 + value.length);
    if (end === '' || end === '\r') return wait;
    if (!end.startsWith('\r\n')) return refused(400);
    fields.push([name.toLowerCase(), trimmed(value)]);
    at += name.length + 1 + value.length + 2;
  }
}

function judge(line: Line, { length, fields }: Section): PlainOutcome {
  const all = (name: string): string[] => fields.filter(([known]) => known === name).map(([, value]) => value);
  let elements = 0;
  for (const [name, value] of fields) {
    if (LISTS.has(name)) elements += value.split(',').length;
    if (elements > MAX_ELEMENTS) return refused(400);
    if (name === 'host' && !isHost(value)) return refused(400);
    if (name === 'content-length' && !/^\d{1,15}$/.test(value)) return refused(400);
    if (name === 'transfer-encoding' && value.toLowerCase() !== 'chunked') return refused(codingFault(value));
  }
  const hosts = all('host').length;
  const lengths = all('content-length');
  const codings = all('transfer-encoding');
  if (hosts > 1 || (hosts === 0 && line.minor === 1)) return refused(400);
  if (lengths.length + codings.length > 1 || (codings.length > 0 && line.minor === 0)) return refused(400);
  const options = new Set(
    all('connection')
      .flatMap((value) => value.toLowerCase().split(','))
      .map(trimmed),
  );
  return {
    ...line,
    length: line.length + length,
    body: codings.length > 0 ? 'chunked' : Number(lengths[0] ?? 0),
    hasLength: lengths.length > 0,
    keepAlive: !options.has('close') && (line.minor === 1 || options.has('keep-alive')),
    bindsConnection: all('authorization').some((value) => /^(?:ntlm|negotiate)/i.test(value)),
    fields,
  };
}

function isHost(value: string): boolean {
  const host = HOST.exec(value);
  return host !== null && Number(host[1] ?? 0) <= 65_535;
}

/** One coding after the other, chunked at most once and last: not known here. Anything else: malformed. */
function codingFault(value: string): number {
  const codings = value
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim());
  if (codings.some((coding) => !/^[a-z0-9-]+$/.test(coding))) return 400;
  return codings.slice(0, -1).includes('chunked') ? 400 : 501;
}
