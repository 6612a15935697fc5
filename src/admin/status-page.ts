/**
 * The status page as files: fixed text, read once at start. What it shows its scripts fetch from `/status` and `/history`. Its style stands in
 * the document: whoever opens it sees it after one answer. It must not load anything from elsewhere nor be framed; the policy says so to the
 * browser, and permits this style by its digest and no other.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Answer } from './answer.ts';

/** Parts of one style sheet. */
const STYLES = ['base.css', 'layout.css', 'tables.css', 'charts.css', 'explain.css'];
/** Its place in the document. */
const STYLE_LINK = '<link rel="stylesheet" href="/status.css" />';
const SCRIPTS = ['status.js', 'attention.js', 'charts.js', 'dom.js', 'explain.js', 'lists.js', 'parts.js', 'words.js'];

/** The answers by path. */
export function statusPage(): [path: string, answer: Answer][] {
  const style = STYLES.map(read).join('');
  const fields = {
    'Content-Security-Policy': policyFor(style),
    'Referrer-Policy': 'no-referrer',
  };
  const page = (type: string, body: string): Answer => ({ status: 200, type: `${type}; charset=utf-8`, body, fields });
  return [
    [
      '/',
      page(
        'text/html',
        read('status.html').replace(STYLE_LINK, () => `<style>${style}</style>`),
      ),
    ],
    ...SCRIPTS.map((file): [string, Answer] => [`/${file}`, page('text/javascript', read(file))]),
  ];
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
