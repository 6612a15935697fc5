/**
 * The status page as files: fixed text, read once at start. What it shows its scripts fetch from `/status` and `/history`.
 * It must not load anything from elsewhere nor be framed; the policy says so to the browser.
 */
import { readFileSync } from 'node:fs';
import type { Answer } from './answer.ts';

/** `data:` is the empty icon that keeps browsers from asking for one. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const FIELDS = { 'Content-Security-Policy': CONTENT_SECURITY_POLICY, 'Referrer-Policy': 'no-referrer' };

/** Parts of one style sheet: a browser that shows the page asks for it once. */
const STYLES = ['base.css', 'layout.css', 'tables.css', 'charts.css', 'explain.css'];
const SCRIPTS = ['status.js', 'attention.js', 'charts.js', 'dom.js', 'explain.js', 'lists.js', 'parts.js', 'words.js'];

/** The answers by path. */
export function statusPage(): [path: string, answer: Answer][] {
  return [
    ['/', page('text/html', read('status.html'))],
    ['/status.css', page('text/css', STYLES.map(read).join(''))],
    ...SCRIPTS.map((file): [string, Answer] => [`/${file}`, page('text/javascript', read(file))]),
  ];
}

function page(type: string, body: string): Answer {
  return { status: 200, type: `${type}; charset=utf-8`, body, fields: FIELDS };
}

function read(file: string): string {
  return readFileSync(new URL(`./page/${file}`, import.meta.url), 'utf8');
}
