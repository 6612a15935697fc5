/**
 * A response in the proxy's own name as a page, and as text: what has happened, who is at fault, what can be done, whom to tell. It must
 * not hold anything of a request.
 */
import { escapeHtml } from '../lib/escape-html.ts';
import type { AdviceName, ErrorKind, FaultName, Language } from '../config/language-types.ts';
import type { PageConfig } from '../config/page-types.ts';
import { htmlPages, link, paragraph, section } from './html-page.ts';
import { filled, operatorName, readableUrl } from './wording.ts';

export interface LocalResponse {
  /** Status code and reason phrase. */
  readonly status: string;
  /** The error type (RFC 9209 §2.3). */
  readonly error: string;
  readonly fault: FaultName;
  /** What its reader can do. */
  readonly advice: readonly AdviceName[];
  /** The connection cannot be used after it, whatever the caller says: where the next request starts is unknown. */
  readonly closes: boolean;
}

/** @returns the page for each language that may be the chosen one. */
export function localHtml(
  kind: ErrorKind,
  response: LocalResponse,
  { page, languages }: { readonly page: PageConfig; readonly languages: readonly Language[] },
): string[] {
  return htmlPages(page, languages, (language) => {
    const { responses } = language;
    const { heading, words } = responses.kinds[kind];
    const advice = response.advice.map((name) => `<li>${escapeHtml(responses.advice[name])}</li>`);
    return {
      title: heading,
      heading,
      content: (level) => [
        paragraph(words),
        paragraph(filled(responses.fault[response.fault], page, language)),
        section(responses.todo, level, `<ul>\n${advice.join('\n')}\n</ul>`),
        section(responses.goesOn, level, whomToTell(codeOf(kind, response), page, language)),
      ],
    };
  });
}

function whomToTell(code: string, page: PageConfig, language: Language): string {
  const { tell, contact, code: label } = language.responses;
  return [
    paragraph(filled(tell, page, language)),
    ...(page.contact === null
      ? []
      : [`<p>${escapeHtml(contact)} ${link(page.contact, readableUrl(page.contact))}</p>`]),
    `<p>${escapeHtml(label)} <code dir="ltr">${code}</code></p>`,
  ].join('\n');
}

/** In the chosen language only; its first line says what has happened. */
export function localText(
  kind: ErrorKind,
  response: LocalResponse,
  { page, language }: { readonly page: PageConfig; readonly language: Language },
): string {
  const { responses } = language;
  return [
    responses.kinds[kind].words,
    filled(responses.fault[response.fault], page, language),
    ...response.advice.map((name) => responses.advice[name]),
    page.contact === null
      ? operatorName(page, language)
      : `${operatorName(page, language)}: ${readableUrl(page.contact)}`,
    `${responses.code} ${codeOf(kind, response)}`,
    '',
  ]
    .map((line) => line.replaceAll(/\s+/g, ' '))
    .join('\n');
}

/** What a help desk looks up (docs/help-desk.md). */
function codeOf(kind: ErrorKind, { status }: LocalResponse): string {
  return `${status.slice(0, 3)} ${kind}`;
}
