/**
 * What the HTML pages of this module share: self-contained, without script, for a phone and for a screen reader. All languages are on
 * the page, the chosen one first, each behind a link. It must not hold anything of a request.
 *
 *   operator                 Français · Deutsch
 *   ───────────────────────────────────────────
 *   English half (h1)
 *   ───────────────────────────────────────────
 *   other halves (h2)
 */
import { escapeHtml } from '../lib/escape-html.ts';
import type { Language } from '../config/language-types.ts';
import type { PageConfig } from '../config/page-types.ts';
import { STYLE } from './page-style.ts';
import { operatorName } from './wording.ts';

/** One language's half of a page: what is behind its heading, for a heading of that level. */
export interface HalfParts {
  readonly title: string;
  readonly heading: string;
  readonly content: (level: 1 | 2) => readonly string[];
}

interface Halves {
  readonly language: Language;
  readonly title: string;
  readonly first: string;
  readonly further: string;
}

/** The page once for each language as the chosen one. */
export function htmlPages(
  page: PageConfig,
  languages: readonly Language[],
  partsIn: (language: Language) => HalfParts,
): string[] {
  const halves = languages.map((language): Halves => {
    const parts = partsIn(language);
    return { language, title: parts.title, first: half(language, 1, parts), further: half(language, 2, parts) };
  });
  return halves.map((chosen) => htmlPage(page, chosen, halves));
}

function htmlPage(page: PageConfig, { language: chosen, title, first }: Halves, halves: readonly Halves[]): string {
  const languages = halves.map(({ language }) => language);
  const others = languages.filter((language) => language !== chosen);
  const operator = operatorName(page, chosen);
  const links = others.map(
    ({ tag, name, direction }) =>
      `<a href="#${tag}" lang="${tag}" hreflang="${tag}" dir="${direction}">${escapeHtml(name)}</a>`,
  );
  const label = others.map(({ name }) => name).join(', ');
  return `<!doctype html>
<html lang="${chosen.tag}" dir="${chosen.direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeHtml(`${title} – ${operator}`)}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<header>
<p>${escapeHtml(operator)}</p>${links.length === 0 ? '' : `\n<nav aria-label="${escapeHtml(label)}">${links.join('\n')}</nav>`}
</header>
<main>
${[first, ...halves.filter(({ language }) => language !== chosen).map(({ further }) => further)].join('\n')}
</main>
</body>
</html>
`;
}

/** `level` of its heading: only the first half has the page's h1. */
function half({ tag, direction }: Language, level: 1 | 2, { heading, content }: HalfParts): string {
  return [
    `<article id="${tag}" lang="${tag}" dir="${direction}" aria-labelledby="${tag}-heading">`,
    `<h${level} id="${tag}-heading">${escapeHtml(heading)}</h${level}>`,
    ...content(level),
    '</article>',
  ]
    .filter((part) => part !== '')
    .join('\n');
}

/** @returns nothing where there is nothing to say. */
export function section(title: string, level: 1 | 2, body: string): string {
  return body === '' ? '' : `<section>\n<h${level + 1}>${escapeHtml(title)}</h${level + 1}>\n${body}\n</section>`;
}

export function paragraph(text: string): string {
  return `<p>${escapeHtml(text)}</p>`;
}

/**
 * The scheme is checked by the configuration; checked again, since `javascript:` here would be a hole in every site. An address keeps
 * its own direction within text of the other.
 */
export function link(url: string, text: string): string {
  const content = `<bdi>${escapeHtml(text)}</bdi>`;
  return /^(?:https?|mailto):/i.test(url) ? `<a href="${escapeHtml(url)}">${content}</a>` : content;
}
