/**
 * The status page: its files are read once, at start. The document comes with the facts of the moment in it (page-facts.ts); its scripts keep
 * them current, and fetch the rest, from `/status` and `/history`. Its style stands in the document: whoever opens it sees it after one answer.
 * It must not load anything from elsewhere nor be framed; the policy says so to the browser, and permits this style by its digest and no other.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Answer } from './answer.ts';
import { pageFacts } from './page-facts.ts';

/** Parts of one style sheet. */
const STYLES = ['base.css', 'layout.css', 'tables.css', 'charts.css', 'explain.css'];
/** Its place in the document. */
const STYLE_LINK = '<link rel="stylesheet" href="/status.css" />';
const SCRIPTS = [
  'status.js',
  'charts.js',
  'dom.js',
  'explain.js',
  'facts.js',
  'limits.js',
  'lists.js',
  'parts.js',
  'words.js',
];
/** The place of a fact in the document. */
const PLACE = /\{\{(\w+)\}\}/;

export interface StatusPage {
  /** Of the document. `status` is what /status answers; null: it cannot be told. */
  readonly document: (status: Parameters<typeof pageFacts>[0]) => Answer;
  /** The other answers, by path. */
  readonly scripts: readonly (readonly [path: string, answer: Answer])[];
}

export function statusPage(): StatusPage {
  const style = STYLES.map(read).join('');
  const fields = {
    'Content-Security-Policy': policyFor(style),
    'Referrer-Policy': 'no-referrer',
  };
  const answer = (type: string, body: string): Answer => ({
    status: 200,
    type: `${type}; charset=utf-8`,
    body,
    fields,
  });
  // Text and names of places in turns.
  const parts = read('status.html')
    .replace(STYLE_LINK, () => `<style>${style}</style>`)
    .split(PLACE);
  return {
    document: (status) => {
      const facts = pageFacts(status);
      const body = parts.map((part, index) => (index % 2 === 0 ? part : (facts[part] ?? ''))).join('');
      return answer('text/html', body);
    },
    scripts: SCRIPTS.map((file) => [`/${file}`, answer('text/javascript', read(file))]),
  };
}

/** `data:` is the empty icon that keeps browsers from asking for one. */
function policyFor(style: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

function read(file: string): string {
  return readFileSync(new URL(`./page/${file}`, import.meta.url), 'utf8');
}
