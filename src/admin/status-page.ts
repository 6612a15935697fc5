/**
 * The status page as files: fixed text, read once at start. What it shows its script fetches from `/status` and `/history`.
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

const FILES = [
  { path: '/', file: 'status.html', type: 'text/html; charset=utf-8' },
  { path: '/status.css', file: 'status.css', type: 'text/css; charset=utf-8' },
  { path: '/status.js', file: 'status.js', type: 'text/javascript; charset=utf-8' },
  { path: '/charts.js', file: 'charts.js', type: 'text/javascript; charset=utf-8' },
  { path: '/words.js', file: 'words.js', type: 'text/javascript; charset=utf-8' },
] as const;

/** The answers by path. */
export function statusPage(): [path: string, answer: Answer][] {
  return FILES.map(({ path, file, type }) => {
    const body = readFileSync(new URL(`./page/${file}`, import.meta.url), 'utf8');
    return [path, { status: 200, type, body, fields: FIELDS }];
  });
}
