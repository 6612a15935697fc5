/**
 * Which variant of a response a client gets: Accept and Accept-Language (RFC 9110 §12.5). Total on any bytes and bounded:
 * what is beyond the bounds, or malformed, is as good as not sent. Nothing of the fields is ever echoed.
 */
import { LRUCache } from 'lru-cache';

const MAX_LENGTH = 1_000;
const MAX_ITEMS = 32;
/** Characters of a language range: what RFC 5646 §4.4.1 has every implementation take. */
const MAX_RANGE = 35;
/** Different values of a field whose outcome is remembered; browsers send a handful. */
const REMEMBERED = 256;
interface Weighted {
  /** In lower case. */
  readonly name: string;
  readonly q: number;
}

/** What of a request says which variant of an answer its client reads: field values as received, several lines joined by commas; null if there is none. */
export interface Reader {
  readonly acceptLanguage: string | null;
  readonly accept: string | null;
}

/**
 * The lookup of RFC 4647 §3.4: the client's ranges by weight, each cut from its end until a language has that tag (`fr-CA` finds `fr`).
 * Beyond it, a range that finds nothing takes a language that it begins (`pt` finds `pt-BR`); `*` takes the first that no other range
 * names. A range with `q=0` rules out what it matches, itself and what it begins (`en-GB;q=0` says nothing of `en`), unless a longer one
 * wants that. Where nothing decides: the first language that is not ruled out, else the first.
 *
 * @returns the index of the language in `tags`
 */
export function chooseLanguage(tags: readonly string[], acceptLanguage: string | null): number {
  const ranges = weightedItems(acceptLanguage);
  // No range finds what is ruled out.
  const known = tags.map((tag) => tag.toLowerCase()).map((tag) => (isRuledOut(tag, ranges) ? '' : tag));
  const wanted = ranges.filter(({ q }) => q > 0).toSorted((a, b) => b.q - a.q);
  const named = new Set(wanted.map(({ name }) => lookUp(known, name)));
  for (const { name } of wanted) {
    const found = name === '*' ? known.findIndex((tag, index) => tag !== '' && !named.has(index)) : lookUp(known, name);
    if (found !== NONE) return found;
  }
  return Math.max(
    0,
    known.findIndex((tag) => tag !== ''),
  );
}

const NONE = -1;

/** By the longest range that matches it (RFC 4647 §3.3.1). */
function isRuledOut(tag: string, ranges: readonly Weighted[]): boolean {
  const matching = ranges.filter(({ name }) => tag === name || tag.startsWith(`${name}-`));
  const longest = Math.max(...matching.map(({ name }) => name.length));
  return matching.some(({ name, q }) => q === 0 && name.length === longest);
}

function lookUp(known: readonly string[], range: string): number {
  if (range.length > MAX_RANGE) return NONE;
  for (let prefix = range; prefix !== ''; prefix = shortened(prefix)) {
    const exact = known.indexOf(prefix);
    if (exact !== NONE) return exact;
  }
  return known.findIndex((tag) => tag.startsWith(`${range}-`));
}

/** Without its last subtag, and without a single letter that stands before it. */
function shortened(range: string): string {
  const cut = range.slice(0, Math.max(0, range.lastIndexOf('-')));
  return cut.at(-2) === '-' ? cut.slice(0, -2) : cut;
}

/**
 * Whether the client asks for HTML by name, as every browser does when it opens a page. curl, scripts, images and the
 * like name no type or any type: they get plain text.
 */
export function wantsHtml(accept: string | null): boolean {
  const types = weightedItems(accept);
  const weightOf = (...names: readonly string[]): number =>
    Math.max(0, ...types.filter(({ name }) => names.includes(name)).map(({ q }) => q));
  const html = weightOf('text/html', 'application/xhtml+xml');
  return html > 0 && html >= weightOf('text/plain');
}

/** The same choice, which remembers what it chose: refusing must not cost more than passing on (bench/load, `refused`). */
export function remembering<Choice extends number | boolean>(
  choose: (field: string | null) => Choice,
): (field: string | null) => Choice {
  const known = new LRUCache<string, Choice>({ max: REMEMBERED });
  const whenAbsent = choose(null);
  return (field) => {
    if (field === null || field.length > MAX_LENGTH) return whenAbsent;
    let choice = known.get(field);
    if (choice === undefined) known.set(field, (choice = choose(field)));
    return choice;
  };
}

function weightedItems(field: string | null): Weighted[] {
  if (field === null || field.length > MAX_LENGTH) return [];
  return field.split(',', MAX_ITEMS).flatMap((item) => {
    const [name = '', ...parameters] = item.split(';');
    const q = weight(parameters);
    return name.trim() === '' || q === null ? [] : [{ name: name.trim().toLowerCase(), q }];
  });
}

/** @returns 1 without `q`, null if it is not a weight. */
function weight(parameters: readonly string[]): number | null {
  const parameter = parameters.map((text) => text.trim().toLowerCase()).find((text) => text.startsWith('q='));
  if (parameter === undefined) return 1;
  const value = parameter.slice(2);
  return /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(value) ? Number(value) : null;
}
