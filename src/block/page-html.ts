/** The block page as HTML, built once from the configuration. It must not hold anything of a request. */
import { escapeHtml } from '../lib/escape-html.ts';
import type { Language } from '../config/language-types.ts';
import { htmlPages, link, paragraph, section } from './html-page.ts';
import { filled, helpName, readableUrl, reasonText } from './wording.ts';
import type { PageContent } from './wording.ts';

/** @returns the page for each language that may be the chosen one. */
export function pageHtml(content: PageContent, languages: readonly Language[]): string[] {
  return htmlPages(content.page, languages, (language) => {
    const { block } = language;
    return {
      title: block.title,
      heading: block.heading[content.status],
      content: (level) => [
        paragraph(reasonText(content, language)),
        paragraph(block.automatic),
        section(block.mistake, level, mistake(content, language)),
        section(block.help, level, help(content, language)),
        section(block.report, level, report(content, language)),
      ],
    };
  });
}

function mistake({ page }: PageContent, language: Language): string {
  const { appeal, contact, askOperator } = language.block;
  const lines = [
    ...(page.appeal === null ? [] : [lead(appeal, page.appeal)]),
    ...(page.contact === null ? [] : [lead(contact, page.contact)]),
  ];
  return lines.length === 0 ? paragraph(filled(askOperator, page, language)) : lines.join('\n');
}

function lead(text: string, url: string): string {
  return `<p>${escapeHtml(text)} ${link(url, readableUrl(url))}</p>`;
}

function help({ page }: PageContent, language: Language): string {
  if (page.help.length === 0) return '';
  const items = page.help.map(({ name, url }) => `<li>${link(url, helpName(name, language))}</li>`);
  return `${paragraph(language.block.helpLead)}\n<ul>\n${items.join('\n')}\n</ul>`;
}

function report({ page }: PageContent, language: Language): string {
  if (page.tipLine === null) return '';
  return `<p>${escapeHtml(language.block.reportLead)} ${link(page.tipLine.url, page.tipLine.name)}</p>`;
}
