/**
 * For which entries `fold=info` is proposed (requirement 82): pages of programs, by the ends of their names. Not `index.…` of a whole site: what stands
 * behind that are the site's other pages. Whether the server gives the page with text behind it only the author of the entry can know: it must not set it.
 */
import type { Entry } from '../../match/entry.ts';
import { FOLD } from '../../url/fold.ts';
import { isProgramPage } from '../../url/program-pages.ts';

/** Of `index.php`, and of a name that is an ending alone. */
const NO_PAGE = /\/(?:index\.[^/]*|\.[a-z]+)$/i;

/** @param path without a query. */
export function isPageOfProgram(kind: Entry['path']['kind'], path: string): boolean {
  return (kind === 'page' || kind === 'url') && isProgramPage(path) && !NO_PAGE.test(path);
}

export function proposesInfo({ path, fold }: Pick<Entry, 'path' | 'fold'>): boolean {
  return (fold & FOLD.info) === 0 && path.kind !== 'host' && isPageOfProgram(path.kind, path.path);
}

/** What an import and a publication say of so many. */
export function proposal(entries: string): string {
  return `${entries} for pages of programs (.php, .cgi …), which servers may give with text behind them, too (/page.php/x): write fold=info where they do (cleanfeed list lint names each)`;
}
