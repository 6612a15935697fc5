/**
 * The block page as HTML, built once at start from the configuration: self-contained, without script, for a phone and for
 * a screen reader. Both languages are on the page, the chosen one first. It must not hold anything of a request.
 */
import type { Language } from './negotiate.ts';
import { STYLE } from './page-style.ts';
import { readableUrl, reasonText, WORDING } from './wording.ts';
import type { PageContent } from './wording.ts';

export function pageHtml(content: PageContent, language: Language): string {
  const other = language === 'en' ? 'fr' : 'en';
  const operator = content.page.operator[language];
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeHtml(`${WORDING[language].title} – ${operator}`)}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<header>
<p>${escapeHtml(operator)}</p>
<nav aria-label="${WORDING[other].language}"><a href="#${other}" lang="${other}" hreflang="${other}">${WORDING[other].language}</a></nav>
</header>
<main>
${half(content, language, 1)}
${half(content, other, 2)}
</main>
</body>
</html>
`;
}

/** One language's half; `level` of its heading: only the first half has the page's h1. */
function half(content: PageContent, language: Language, level: 1 | 2): string {
  const words = WORDING[language];
  const section = (title: string, body: string): string =>
    body === '' ? '' : `<section>\n<h${level + 1}>${escapeHtml(title)}</h${level + 1}>\n${body}\n</section>`;
  return [
    `<article id="${language}" lang="${language}" aria-labelledby="${language}-heading">`,
    `<h${level} id="${language}-heading">${escapeHtml(words.heading[content.status])}</h${level}>`,
    `<p>${escapeHtml(reasonText(content, language))}</p>`,
    `<p>${escapeHtml(words.automatic)}</p>`,
    section(words.mistake, mistake(content, language)),
    section(words.help, help(content, language)),
    section(words.report, report(content, language)),
    '</article>',
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function mistake({ page }: PageContent, language: Language): string {
  const words = WORDING[language];
  const lines = [
    ...(page.appeal === null
      ? []
      : [`<p>${escapeHtml(words.appeal)} ${link(page.appeal, readableUrl(page.appeal))}</p>`]),
    ...(page.contact === null
      ? []
      : [`<p>${escapeHtml(words.contact)} ${link(page.contact, readableUrl(page.contact))}</p>`]),
  ];
  return lines.length === 0 ? `<p>${escapeHtml(words.askOperator(page.operator[language]))}</p>` : lines.join('\n');
}

function help({ page }: PageContent, language: Language): string {
  if (page.help.length === 0) return '';
  const items = page.help.map(({ name, url }) => `<li>${link(url, name[language])}</li>`);
  return `<p>${escapeHtml(WORDING[language].helpLead)}</p>\n<ul>\n${items.join('\n')}\n</ul>`;
}

function report({ page }: PageContent, language: Language): string {
  return page.tipLine === null
    ? ''
    : `<p>${escapeHtml(WORDING[language].reportLead)} ${link(page.tipLine.url, page.tipLine.name)}</p>`;
}

/** The scheme is checked by the configuration; checked again, since `javascript:` here would be a hole in every site. */
function link(url: string, text: string): string {
  if (!/^(?:https?|mailto):/i.test(url)) return escapeHtml(text);
  return `<a href="${escapeHtml(url)}">${escapeHtml(text)}</a>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
