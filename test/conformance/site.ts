/**
 * The site that every origin serves, and the list that names a part of it. What was served is told by the marker in the
 * body, never by status or address: an origin that reads an address otherwise than we do says so by what it gives out.
 *
 *   /page, /deep/er/page   listed pages            /dir/…        listed directory
 *   /dir/fine/…            allowed, inside of it    all else      neighbours that nobody listed
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const SERVED = ['listed page', 'listed directory', 'allowed', 'neighbour'] as const;
export type Served = (typeof SERVED)[number];

/** Attributes of an entry that say how its origin reads addresses: `fold=case,params,slash`. */
export type Fold = 'case' | 'params' | 'slash';

export const LISTED_PAGES = ['/page', '/deep/er/page'] as const;
export const LISTED_DIRECTORY = '/dir/';
export const ALLOWED_DIRECTORY = '/dir/fine/';

const MARK = 'served: ';

/** The body of an answer; programs in other languages write the same. */
export function bodyOf(served: Served): string {
  return `${MARK}${served}.\n`;
}

/** Null: none of the site's contents; an error page, a redirect, a listing. */
export function servedBy(body: string): Served | null {
  const at = body.indexOf(MARK);
  if (at < 0) return null;
  return SERVED.find((served) => body.startsWith(`${served}.`, at + MARK.length)) ?? null;
}

export function isListed(served: Served | null): boolean {
  return served === 'listed page' || served === 'listed directory';
}

/** What a router of the plainest kind gives out for a path: programs that route by path follow it, each in its language. */
export function routed(path: string): Served {
  if (LISTED_PAGES.some((page) => page === path)) return 'listed page';
  if (path.startsWith(ALLOWED_DIRECTORY)) return 'allowed';
  return path.startsWith(LISTED_DIRECTORY) ? 'listed directory' : 'neighbour';
}

/** Files for origins that map paths to files. Names repeat, so that a wrong way often ends at content of another kind. */
const FILES: readonly string[] = [
  ...LISTED_PAGES,
  ...['index.html', 'x', 'z', 'page', 'page.html', 'sub/x', 'sub/page', 'q/x'].map(
    (name) => `${LISTED_DIRECTORY}${name}`,
  ),
  ...['index.html', 'x', 'z', 'page', 'sub/x'].map((name) => `${ALLOWED_DIRECTORY}${name}`),
  '/index.html',
  '/x',
  '/z',
  '/pages',
  '/other.html',
  '/er/page',
  '/deep/page',
  '/deep/index.html',
  '/deep/er/x',
  '/dirx/x',
  '/fine/page',
  '/fine/x',
  '/q/index.html',
  '/q/x',
  '/q/z',
  '/q/page',
  '/q/dir/x',
  '/q/w/x',
  '/w/q/page',
  '/w/x',
  '/q\\y/x',
  '/q;a/x',
];

/** Writes the files below `root`. */
export function writeSite(root: string): void {
  for (const path of FILES) {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bodyOf(routed(path)));
  }
}

/** Lines of the list that blocks and of the one that allows, for one host. */
export function entriesOf(
  host: string,
  fold: readonly Fold[],
): { readonly block: readonly string[]; readonly allow: readonly string[] } {
  const folds = fold.length === 0 ? '' : ` fold=${fold.join(',')}`;
  const block = [...LISTED_PAGES.map((page) => `http://${host}${page}?*`), `http://${host}${LISTED_DIRECTORY}*`];
  return {
    block: block.map((line) => `${line}${folds}`),
    // An exception has no fold: it opens what is written.
    allow: [`http://${host}${ALLOWED_DIRECTORY}* reason="conformance" expires=2100-01-01`],
  };
}

/** Plain addresses and what each must give out: an origin that gives anything else is not set up as its name says. */
export const PLAIN: readonly { readonly target: string; readonly served: Served }[] = [
  ...LISTED_PAGES.map((target) => ({ target, served: routed(target) })),
  ...['/dir/x', '/dir/sub/x', '/dir/fine/x', '/x', '/q/page'].map((target) => ({ target, served: routed(target) })),
];
