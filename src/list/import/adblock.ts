/**
 * Rules of ad blockers: as browsers use them (`--match url`), or names alone, as AdGuard Home does (`--match dns`).
 *
 *   @@ ||ads.example/dir/ $important,third-party
 *   │  └── adblock-rule.ts  └── adblock-options.ts: most of them say when the rule holds, and no entry says that
 *   └── an exception
 *
 * It must not take a rule that holds under conditions for one that always does; an exception under conditions counts as one.
 */
import type { ByteString } from '../../url/bytes.ts';
import { isRegex, splitOptions } from './adblock-options.ts';
import { namePattern, urlPattern } from './adblock-rule.ts';
import type { Pattern } from './adblock-rule.ts';
import { hostsReader } from './hosts.ts';
import { belowOnly, entryOf, exception, inexact, items, left } from './outcome.ts';
import type { Item, LineOutcome, Reader } from './outcome.ts';
import type { ReaderOptions } from '../../lib/list-formats.ts';
import { firstNonBlank, isIpv4, isIpv6 } from './words.ts';

/** Rules that change what pages show: `##`, `#@#`, `#?#`, `$$` … */
const COSMETIC = /#(?:@?[?$%]{0,2}|@?\$\?|@)#|\$@?\$|#@?%#/;
/** They say nothing about when a rule holds. */
const NEUTRAL = new Set(['important', 'all', 'match-case']);
/** Of exceptions: no request passes by them. */
const HIDING = /^(?:generichide|ghide|elemhide|ehide|specifichide|shide|content|jsinject|stealth(?:=.*)?)$/;

/** `!#if`, `!#else`, `!#endif`: what stands between holds for some browsers. To AdGuard Home they are comments. */
const DIRECTIVE = /^!#(if|endif|include)(?![^ \t])/;

export function adblockReader({ match, sinks }: Pick<ReaderOptions, 'match' | 'sinks'>): Reader {
  const dialect: Dialect = { isDns: match === 'dns', hosts: hostsReader({ sinks }) };
  if (dialect.isDns) return { read: (text) => readRule(text, dialect) };
  const state = { depth: 0 };
  return { read: (text) => readDirective(text, state) ?? underConditions(readRule(text, dialect), state.depth) };
}

/** @returns null if the line is none. */
function readDirective(text: ByteString, state: { depth: number }): LineOutcome | null {
  const at = firstNonBlank(text);
  const directive = DIRECTIVE.exec(text.slice(at))?.[1];
  if (directive === undefined) return null;
  if (directive === 'include') return items([left(at, 'other_file')]);
  state.depth = Math.max(0, state.depth + (directive === 'if' ? 1 : -1));
  return 'frame';
}

/** @param depth of conditions that are open: which of them hold nobody knows here. */
function underConditions(outcome: LineOutcome, depth: number): LineOutcome {
  if (depth === 0 || typeof outcome === 'string') return outcome;
  const found = outcome.items.map((item): Item => {
    switch (item.kind) {
      case 'exception':
        return { ...item, draft: null, reason: 'conditions' };
      case 'left':
        return item;
      case 'entry':
      case 'half':
        return left(item.at, 'conditions');
    }
  });
  return items(found, outcome.comment);
}

interface Dialect {
  readonly isDns: boolean;
  readonly hosts: Reader;
}

function readRule(line: ByteString, { isDns, hosts }: Dialect): LineOutcome {
  const at = firstNonBlank(line);
  const text = line.slice(at).trimEnd();
  if (text === '') return 'blank';
  if (text.startsWith('!')) return 'comment';
  if (/^\[[^\]]*\]$/.test(text)) return 'frame';
  if (COSMETIC.test(text)) return items([left(at, 'cosmetic')]);
  if (text.startsWith('#')) return 'comment';
  const first = text.split(/[ \t]/, 1)[0] ?? '';
  if (first !== text && (isIpv4(first) || isIpv6(first)))
    return isDns ? hosts.read(line) : items([left(at, 'bad_line')]);
  return items(ruleItems(text, at, isDns));
}

function ruleItems(text: ByteString, at: number, isDns: boolean): readonly Item[] {
  const isException = text.startsWith('@@');
  const rule = isException ? text.slice(2) : text;
  const { body, options } = splitOptions(rule);
  if (isException && options.length > 0 && options.every((option) => HIDING.test(option)))
    return [left(at, 'cosmetic')];
  if (/[ \t]/.test(body)) return [left(at, 'bad_line')];
  // Options that cannot be told apart are conditions that nobody knows.
  if (body.includes('$') && !isRegex(body)) return [isException ? inexact(at, 'anywhere') : left(at, 'conditions')];
  const pattern = patternOf(body, isDns, !options.includes('match-case'));
  const isPlain = options.every((option) => NEUTRAL.has(option));
  // A bare name is a host where it refuses; where it excepts, a text that is searched for.
  if (isException && isDns && !body.startsWith('|') && pattern.kind === 'drafts') return [inexact(at, 'anywhere')];
  if (isException) return [exceptionItem(pattern, at, isPlain)];
  if (options.includes('badfilter') || options.some((option) => option.startsWith('dnsrewrite')))
    return [inexact(at, reachOf(pattern), 'conditions')];
  if (!isPlain && pattern.kind !== 'left') return [left(at, 'conditions')];
  switch (pattern.kind) {
    case 'left':
      return [left(at, pattern.reason)];
    case 'below':
      return [belowOnly(at, pattern.host)];
    case 'drafts':
      return [entryOf(at, pattern.drafts, pattern.note)];
  }
}

function patternOf(body: ByteString, isDns: boolean, ignoreCase: boolean): Pattern {
  if (isRegex(body)) return { kind: 'left', reason: 'regex', host: null };
  return isDns ? namePattern(body) : urlPattern(body, ignoreCase);
}

/** Only what an entry covers exactly: one that covers less would refuse what passes there. */
function exceptionItem(pattern: Pattern, at: number, isPlain: boolean): Item {
  if (pattern.kind === 'left' && pattern.reason === 'no_effect') return left(at, 'no_effect');
  const [draft, ...others] = pattern.kind === 'drafts' ? pattern.drafts : [];
  const isExact = pattern.kind === 'drafts' && pattern.note === null && others.length === 0 && isPlain;
  return isExact && draft !== undefined ? exception(at, draft) : inexact(at, reachOf(pattern));
}

function reachOf(pattern: Pattern): { readonly host: ByteString; readonly below: boolean } | 'anywhere' {
  if (pattern.kind === 'below') return { host: pattern.host, below: true };
  if (pattern.kind === 'left') return pattern.host === null ? 'anywhere' : { host: pattern.host, below: true };
  const [draft] = pattern.drafts;
  // A name that goes on (`||ads`) is on hosts that nobody knows.
  if (draft === undefined || pattern.note?.endsWith('_host') === true) return 'anywhere';
  return draft;
}
