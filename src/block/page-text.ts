/** The block page for clients that did not ask for HTML: the same facts in a few lines, in the chosen language only. */
import type { Language } from './negotiate.ts';
import { readableUrl, reasonText, WORDING } from './wording.ts';
import type { PageContent } from './wording.ts';

export function pageText(content: PageContent, language: Language): string {
  const { page, status } = content;
  const words = WORDING[language];
  return [
    `${page.operator[language]}: ${words.heading[status]}`,
    reasonText(content, language),
    words.automatic,
    '',
    ...(page.appeal === null ? [] : [`${words.appeal} ${readableUrl(page.appeal)}`]),
    ...(page.contact === null ? [] : [`${words.contact} ${readableUrl(page.contact)}`]),
    ...(page.appeal === null && page.contact === null
      ? [`${words.mistake}: ${words.askOperator(page.operator[language])}`]
      : []),
    ...page.help.map(({ name, url }) => `${name[language]}: ${readableUrl(url)}`),
    ...(page.tipLine === null ? [] : [`${words.reportLead} ${page.tipLine.name}, ${readableUrl(page.tipLine.url)}`]),
    '',
  ]
    .map((line) => line.replaceAll(/\s+/g, ' '))
    .join('\n');
}
