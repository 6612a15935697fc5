/**
 * Unbound: `local-zone: NAME TYPE` covers the name and all below it, `local-data: "NAME A ADDRESS"` that name alone. The longest
 * zone counts there, so that a zone that lets pass is an exception below one that refuses.
 *
 * It must not take what holds for some clients (views, tags) for what holds for all.
 */
import { entry, exception, hostDraft, inexact, items, left } from './outcome.ts';
import type { Item, LineOutcome, Reader } from './outcome.ts';
import type { ReaderOptions } from '../../lib/list-formats.ts';
import { sinkKind } from './sinks.ts';
import { isName, wordsOf } from './words.ts';
import type { Word } from './words.ts';

/** Types whose names are not answered as they are in the world. */
const REFUSES = new Set([
  'static',
  'deny',
  'refuse',
  'redirect',
  'inform_deny',
  'inform_redirect',
  'always_refuse',
  'always_nxdomain',
  'always_nodata',
  'always_deny',
  'always_null',
]);
const CLAUSE =
  /^(?:server|view|rpz|auth-zone|forward-zone|stub-zone|remote-control|python|dynlib|dnscrypt|cachedb|dnstap|ipset|fast-reload):$/;
const KEY = /^[a-z][a-z0-9-]*:$/;
const RECORD_CLASS = /^(?:in|ch|hs)$/i;

interface State {
  clause: string;
  readonly sinks: ReadonlySet<string>;
}

export function unboundReader({ sinks }: Pick<ReaderOptions, 'sinks'>): Reader {
  const state: State = { clause: 'server:', sinks };
  return { read: (text) => readSetting(text, state), isDecidedAtEnd: true };
}

function readSetting(text: string, state: State): LineOutcome {
  const { words, comment } = tokensOf(text);
  if (words.length === 0) return comment === null ? 'blank' : 'comment';
  const found: Item[] = [];
  for (const [key, ...values] of settingsOf(words, text)) {
    if (key === undefined) continue;
    if (CLAUSE.test(key.text)) {
      state.clause = key.text;
      if (values.length > 0) found.push(left(key.at, 'bad_line'));
      continue;
    }
    const item = KEY.test(key.text) ? settingItem(key, values, state) : left(key.at, 'bad_line');
    found.push(state.clause === 'view:' ? ofSomeClients(item) : item);
  }
  return found.length === 0 ? 'frame' : items(found, comment ?? '');
}

/** Each with its values: to Unbound a line end is a blank (`view: name: "a"`). */
function settingsOf(words: readonly Word[], text: string): readonly (readonly Word[])[] {
  const settings: Word[][] = [];
  for (const word of words) {
    const last = settings.at(-1);
    const isKey = word.text.endsWith(':') && KEY.test(word.text) && !/["']/.test(text.charAt(word.at - 1));
    if (last === undefined || isKey) settings.push([word]);
    else last.push(word);
  }
  return settings;
}

function settingItem(key: Word, values: readonly Word[], { clause, sinks }: State): Item {
  const [first, second] = values;
  const isOfNames = clause === 'server:' || clause === 'view:';
  switch (key.text) {
    case 'include:':
    case 'include-toplevel:':
    case 'zonefile:':
    case 'url:':
      return left(key.at, 'other_file');
    case 'local-zone:':
      if (!isOfNames || first === undefined) return left(key.at, 'bad_line');
      // Its type may stand in the next line, and let pass.
      return second === undefined
        ? inexact(key.at, hostDraft(first.text, true), 'bad_line')
        : zoneItem(first, second.text.toLowerCase());
    case 'local-data:':
      return isOfNames && first !== undefined ? dataItem(first, values.slice(1), sinks) : left(key.at, 'bad_line');
    case 'local-zone-tag:':
    case 'local-zone-override:':
      return first === undefined
        ? left(key.at, 'bad_line')
        : inexact(key.at, { host: first.text, below: true }, 'some_clients');
    default:
      return left(key.at, 'setting');
  }
}

function zoneItem({ at, text }: Word, type: string): Item {
  if (!isName(text)) return left(at, 'not_a_name');
  const draft = hostDraft(text, true);
  if (REFUSES.has(type)) return entry(at, draft);
  // `block_a` and its like take one kind of address away.
  return type.startsWith('block_') ? inexact(at, draft, 'conditions') : exception(at, draft);
}

/** A record stands in quotes, and is then one word. */
function dataItem({ at, text }: Word, more: readonly Word[], sinks: ReadonlySet<string>): Item {
  const [owner = '', ...rest] = [...wordsOf(text), ...more].map((word) => word.text);
  while (/^\d+$/.test(rest[0] ?? '') || RECORD_CLASS.test(rest[0] ?? '')) rest.shift();
  const [type = '', data = ''] = rest;
  if (!isName(owner)) return left(at, 'not_a_name');
  const draft = hostDraft(owner, false);
  if (!/^(?:a|aaaa|cname|dname)$/i.test(type)) return left(at, 'conditions');
  // A name with one record has no other: without an IPv4 address it has none.
  return sinkKind(data, sinks) === 'none' ? inexact(at, draft, 'other_answer') : entry(at, draft);
}

/** What a view says holds for its clients. */
function ofSomeClients(item: Item): Item {
  switch (item.kind) {
    case 'left':
      return item;
    case 'exception':
      return { ...item, draft: null, reason: 'some_clients' };
    case 'entry':
    case 'half':
      return left(item.at, 'some_clients');
  }
}

/** A quoted text is one word. `comment`: null where there is none. */
function tokensOf(text: string): { readonly words: readonly Word[]; readonly comment: string | null } {
  const words: Word[] = [];
  const TOKEN = /[ \t]*(?:"([^"]*)"?|'([^']*)'?|(#)(.*)|([^ \t"'#]+))/gy;
  for (let token = TOKEN.exec(text); token !== null; token = TOKEN.exec(text)) {
    const [whole, double, single, hash, comment = '', bare] = token;
    if (hash !== undefined) return { words, comment: comment.trim() };
    const value = double ?? single ?? bare ?? '';
    const start = token.index + whole.length - whole.trimStart().length;
    // `local-zone:"ads.example"static` needs no blanks either.
    words.push({ at: bare === undefined ? start + 1 : start, text: value });
  }
  return { words, comment: null };
}
