/**
 * The words of a page, with the operator's own in their places. They speak of a list, never of what is on it or of what was asked for:
 * the same words for every entry. They come from the languages in force (config/languages) and from `page` of the configuration.
 */
import { OPERATOR, type Language } from '../config/language-types.ts';
import type { PageConfig } from '../config/page-types.ts';

export interface PageContent {
  readonly status: 403 | 451;
  readonly page: PageConfig;
}

export function reasonText({ status, page }: PageContent, language: Language): string {
  return page.reason[language.tag] ?? filled(language.block.reason[status], page, language);
}

/** A text of a language with its placeholders filled. */
export function filled(text: string, page: PageConfig, language: Language): string {
  return text.replaceAll(OPERATOR, () => page.operator[language.tag] ?? language.operator);
}

/** On its own: the operator's name as it is, or the language's word for him with a capital letter. */
export function operatorName(page: PageConfig, language: Language): string {
  const word = language.operator;
  return page.operator[language.tag] ?? `${word.slice(0, 1).toLocaleUpperCase(language.tag)}${word.slice(1)}`;
}

export function helpName(name: PageConfig['help'][number]['name'], language: Language): string {
  return name[language.tag] ?? Object.values(name)[0] ?? '';
}

/** What people read and copy: a mail address without its scheme, a web address without anything taken away. */
export function readableUrl(url: string): string {
  return url.toLowerCase().startsWith('mailto:') ? (url.slice('mailto:'.length).split('?', 1)[0] ?? '') : url;
}
