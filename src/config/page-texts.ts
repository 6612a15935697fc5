/**
 * Texts of the configuration that a page shows: one for all languages, or one for each. The schema reads them; here are the rules that
 * need to know which languages there are, and the step to one text for each. It must not know what a text is about.
 */
import { said, taken } from './fields.ts';
import { languageTag, unknownLanguage, type FoundLanguages } from './languages.ts';
import type { KeyPath } from './diagnostic.ts';
import { at, items } from './plain-data.ts';
import type { Texts } from './page-types.ts';
import * as forms from './value-forms.ts';
import type { Violation } from './violation.ts';

/** As a file has them. */
export type GivenTexts = string | Readonly<Record<string, string | null>>;

/** One text for all languages, or one for each. */
export const pageText = (max: number) =>
  said<GivenTexts>(
    `a text of 1 to ${max} characters, or { en: …, fr: … }`,
    () =>
      forms.anyOf(forms.textForm(max), { type: 'object', additionalProperties: forms.textForm(max), minProperties: 1 }),
    (value) => (isText(value, max) || isMapping(value, (one) => isText(one, max)) ? taken(value) : null),
  );

/** The same, where a language may be left out: it has words of its own. */
export const ownPageText = (max = 2000) =>
  said<GivenTexts>(
    `a text of 1 to ${max} characters, or { en: …, fr: … } where null is the built-in text`,
    () =>
      forms.anyOf(forms.textForm(max), {
        type: 'object',
        additionalProperties: forms.anyOf({ type: 'null' }, forms.textForm(max)),
      }),
    (value) =>
      isText(value, max) || isMapping(value, (one) => one === null || isText(one, max), 0) ? taken(value) : null,
  );

/** In any spelling; whether there is such a language languages.ts says. */
export const languageName = () =>
  said('the tag of a language like fr or pt-BR', forms.languageForm, (value) =>
    typeof value === 'string' && languageTag(value) !== null ? taken(value) : null,
  );

type Tags = Pick<FoundLanguages, 'known' | 'tags'>;

export function pageTextChecks(data: unknown, found: Tags): Violation[] {
  return [
    ...checksOf(at(data, 'page'), ['page'], found),
    ...items(data, 'lists').flatMap((list, i) => checksOf(at(list, 'page'), ['lists', i, 'page'], found)),
  ];
}

function checksOf(page: unknown, path: KeyPath, found: Tags): Violation[] {
  return [
    ...textChecks(at(page, 'operator'), [...path, 'operator'], found, true),
    ...textChecks(at(page, 'reason'), [...path, 'reason'], found, false),
    ...items(page, 'help').flatMap((item, i) =>
      textChecks(at(item, 'name'), [...path, 'help', i, 'name'], found, true),
    ),
  ];
}

function textChecks(value: unknown, path: KeyPath, { known, tags }: Tags, isWhole: boolean): Violation[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  const keys = Object.keys(value);
  const given = keys.map((key) => languageTag(key) ?? key);
  const unknown = keys.filter((_, i) => !known.includes(given[i] ?? ''));
  const missing = isWhole ? tags.filter((tag) => !given.includes(tag)) : [];
  return [
    ...unknown.map((key) => ({ path: [...path, key], message: () => unknownLanguage(key, known) })),
    ...(missing.length === 0
      ? []
      : [{ path, message: `has no text for ${missing.join(', ')}; give one text for all languages, or one for each` }]),
  ];
}

/** Null: every language has words of its own. */
export function textsIn(given: GivenTexts | null, tags: readonly string[]): Texts {
  if (given === null) return {};
  if (typeof given === 'string') return Object.fromEntries(tags.map((tag) => [tag, given]));
  const texts = Object.entries(given).map(([key, text]): [string, string | null] => [languageTag(key) ?? key, text]);
  return Object.fromEntries(
    texts.filter((pair): pair is [string, string] => pair[1] !== null && tags.includes(pair[0])),
  );
}

function isMapping<T>(
  value: unknown,
  isRight: (one: unknown) => one is T,
  least = 1,
): value is Readonly<Record<string, T>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const texts = Object.values(value);
  return texts.length >= least && texts.every(isRight);
}

function isText(value: unknown, max: number): value is string {
  return typeof value === 'string' && value.trim() !== '' && value.length <= max;
}
