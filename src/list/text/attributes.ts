/**
 * What follows the address of a list line: `dns steer count test fold=case,params,slash,info expires=YYYY-MM-DD reason="…"`, in any order, each at
 * most once, then perhaps a comment. It must not ignore what it does not know: a mistyped `count` would block for real.
 */
import { nearest } from '../../lib/nearest.ts';
import type { ByteString } from '../../url/bytes.ts';
import { FOLD, FOLD_NAMES } from '../../url/fold.ts';
import { parseError } from './diagnostic.ts';
import type { ParseError } from './diagnostic.ts';

export interface Attributes {
  readonly ok: true;
  readonly dns: boolean;
  readonly steer: boolean;
  readonly count: boolean;
  readonly test: boolean;
  /** Last valid UTC day, in days since the epoch; 0: never expires. */
  readonly expires: number;
  readonly hasReason: boolean;
  /** How the origin folds paths (url/fold.ts); 0: not at all. */
  readonly fold: number;
}

const FLAGS = ['dns', 'steer', 'count', 'test'] as const;
const NAMES = [...FLAGS, 'fold', 'expires', 'reason'] as const;
type Name = (typeof NAMES)[number];

const NONE: Attributes = {
  ok: true,
  dns: false,
  steer: false,
  count: false,
  test: false,
  expires: 0,
  hasReason: false,
  fold: 0,
};
const WORD = /[^ \t="]+/y;
const DATE = /(\d{4})-(\d{2})-(\d{2})(?=[ \t]|$)/y;
const REASON = /"([^"]*)"(?=[ \t]|$)/y;
const FOLDS = /[^ \t]+/y;
const MS_PER_DAY = 86_400_000;
/** Entries hold the day in 16 bits: 2149-06-06. Who writes 9999-12-31 means "later than anybody cares". */
const LAST_DAY = 65_535;

/** `from`: offset of the first character after the address. */
export function parseAttributes(text: ByteString, from: number): Attributes | ParseError {
  let at = skipBlanks(text, from);
  if (at === text.length || text[at] === '#') return NONE;
  const found = new Map<Name, number>();
  while (at < text.length && text[at] !== '#') {
    const one = parseOne(text, at);
    if (!one.ok) return one;
    if (found.has(one.name)) return parseError(at, `'${one.name}' is given twice`);
    found.set(one.name, one.value);
    at = skipBlanks(text, one.end);
  }
  const has = (name: Name): boolean => found.has(name);
  return {
    ok: true,
    dns: has('dns'),
    steer: has('steer'),
    count: has('count'),
    test: has('test'),
    expires: found.get('expires') ?? 0,
    hasReason: has('reason'),
    fold: found.get('fold') ?? 0,
  };
}

type One = { readonly ok: true; readonly name: Name; readonly value: number; readonly end: number };

function parseOne(text: ByteString, at: number): One | ParseError {
  const word = match(WORD, text, at)?.[0] ?? '';
  const end = at + word.length;
  const name = NAMES.find((known) => known === word);
  switch (name) {
    case undefined:
      return unknown(word, at);
    case 'expires':
      return parseExpires(text, at, end);
    case 'reason':
      return parseReason(text, at, end);
    case 'fold':
      return parseFold(text, at, end);
    case 'dns':
    case 'steer':
    case 'count':
    case 'test':
      if (end < text.length && text[end] !== ' ' && text[end] !== '\t')
        return parseError(end, `'${name}' takes no value`);
      return { ok: true, name, value: 1, end };
  }
}

function parseExpires(text: ByteString, at: number, end: number): One | ParseError {
  const date = text[end] === '=' ? match(DATE, text, end + 1) : null;
  if (date === null) return parseError(at, 'write expires=YYYY-MM-DD, the last day (UTC) on which the entry holds');
  const [year, month, day] = [Number(date[1]), Number(date[2]), Number(date[3])];
  const time = Date.UTC(year, month - 1, day);
  // Date.UTC rolls 31 June over to 1 July.
  if (year < 2000 || new Date(time).getUTCMonth() !== month - 1 || new Date(time).getUTCDate() !== day)
    return parseError(end + 1, 'there is no such day (from 2000-01-01 on)');
  return { ok: true, name: 'expires', value: Math.min(time / MS_PER_DAY, LAST_DAY), end: end + 1 + date[0].length };
}

function parseReason(text: ByteString, at: number, end: number): One | ParseError {
  const quoted = text[end] === '=' ? match(REASON, text, end + 1) : null;
  if (quoted === null)
    return parseError(at, 'write reason="…", in straight double quotes, none inside, white space after it');
  if (quoted[1]?.trim() === '') return parseError(end + 1, 'the reason is empty');
  return { ok: true, name: 'reason', value: 1, end: end + 1 + quoted[0].length };
}

/** `fold=` and at least one name, each once. */
function parseFold(text: ByteString, at: number, end: number): One | ParseError {
  const listed = text[end] === '=' ? match(FOLDS, text, end + 1)?.[0] : undefined;
  if (listed === undefined)
    return parseError(at, `write fold=${FOLD_NAMES.join(',')}, or some of them, without white space`);
  let fold = 0;
  let from = end + 1;
  for (const name of listed.split(',')) {
    const bit = FOLD_NAMES.find((known) => known === name);
    if (bit === undefined) return parseError(from, `unknown fold; known are ${FOLD_NAMES.join(', ')}`);
    if ((fold & FOLD[bit]) !== 0) return parseError(from, `'${name}' is given twice`);
    fold |= FOLD[bit];
    from += name.length + 1;
  }
  return { ok: true, name: 'fold', value: fold, end: end + 1 + listed.length };
}

/** Names what is known; repeats of the line's text only a near miss of a known name, never anything else. */
function unknown(word: string, at: number): ParseError {
  const near = nearest(word, NAMES);
  const hint = near === null ? `known are ${NAMES.join(', ')}` : `did you mean '${near}'?`;
  return parseError(
    at,
    `unknown attribute; ${hint} (an address holds no white space: write %20)`,
    near === null ? 'unknown_attribute' : 'mistyped_attribute',
  );
}

function skipBlanks(text: ByteString, from: number): number {
  let at = from;
  while (text[at] === ' ' || text[at] === '\t') at += 1;
  return at;
}

function match(sticky: RegExp, text: ByteString, at: number): RegExpExecArray | null {
  sticky.lastIndex = at;
  return sticky.exec(text);
}
