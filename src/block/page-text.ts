/**
 * The block page for clients that did not ask for HTML: the same facts in a few lines, in the chosen language only.
 * It must not say more than the page does.
 */
import type { Language } from '../config/language-types.ts';
import { filled, helpName, operatorName, readableUrl, reasonText } from './wording.ts';
import type { PageContent } from './wording.ts';

export function pageText(content: PageContent, language: Language): string {
  const { page, status } = content;
  const { block } = language;
  return [
    `${operatorName(page, language)}: ${block.heading[status]}`,
    reasonText(content, language),
    block.automatic,
    '',
    ...(page.appeal === null ? [] : [`${block.appeal} ${readableUrl(page.appeal)}`]),
    ...(page.contact === null ? [] : [`${block.contact} ${readableUrl(page.contact)}`]),
    ...(page.appeal === null && page.contact === null
      ? [`${block.mistake}: ${filled(block.askOperator, page, language)}`]
      : []),
    ...page.help.map(({ name, url }) => `${helpName(name, language)}: ${readableUrl(url)}`),
    ...(page.tipLine === null ? [] : [`${block.reportLead} ${page.tipLine.name}, ${readableUrl(page.tipLine.url)}`]),
    '',
  ]
    .map((line) => line.replaceAll(/\s+/g, ' '))
    .join('\n');
}
