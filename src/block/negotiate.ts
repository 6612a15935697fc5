/**
 * Which variant of a response a client gets: Accept and Accept-Language (RFC 9110 §12.5). Total on any bytes and bounded:
 * what is beyond the bounds, or malformed, is as good as not sent. Nothing of the fields is ever echoed.
 */
import { LRUCache } from 'lru-cache';

export const LANGUAGES = ['en', 'fr'] as const;
export type Language = (typeof LANGUAGES)[number];

const MAX_LENGTH = 1_000;
const MAX_ITEMS = 32;
/** Different values of a field whose outcome is remembered; browsers send a handful. */
const REMEMBERED = 256;
/** Weight of a language that the field leaves open: below any that is asked for (0.001), above one ruled out (0). */
const NOT_MENTIONED = 0.0005;

interface Weighted {
  /** In lower case. */
  readonly name: string;
  readonly q: number;
}

/** The language with the highest weight; where several have it, the one named first; English where nothing decides. */
export function chooseLanguage(acceptLanguage: string | null): Language {
  const ranges = weightedItems(acceptLanguage);
  const other = ranges.find(({ name }) => name === '*')?.q ?? NOT_MENTIONED;
  const weights = LANGUAGES.map((language) => {
    const own = ranges.filter(({ name }) => primarySubtag(name) === language);
    return {
      language,
      q: own.length === 0 ? other : Math.max(...own.map(({ q }) => q)),
      at: own[0] === undefined ? MAX_ITEMS : ranges.indexOf(own[0]),
    };
  });
  weights.sort((a, b) => b.q - a.q || a.at - b.at);
  return weights[0]?.language ?? LANGUAGES[0];
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

/** The same choice, which remembers what it chose: refusing must not cost more than passing on. */
export function remembering<Choice extends Language | boolean>(
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

/** `fr-CA` → `fr` (the lookup of RFC 4647 §3.4 with only primary tags to find). */
function primarySubtag(range: string): string {
  return range.split('-', 1)[0] ?? '';
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
