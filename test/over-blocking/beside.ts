/**
 * Entries beside harmless addresses: for each address a listed page and a listed directory next to it, on its own host, and
 * one whose name begins alike. Whoever asks for the address must get it.
 */
import { splitUrl } from '../../src/url/split.ts';
import type { SplitUrl } from '../../src/url/split.ts';
import { REAL_NAMES, siteHost } from './listed.ts';

/** Attributes that entries carry in turn: an entry that folds must not touch its neighbours either. */
const FOLDS = [
  '',
  ' fold=case',
  ' fold=params',
  ' fold=slash',
  ' fold=case,params,slash',
  ' fold=info',
  ' fold=case,info',
];

/** Ways in which the same harmless content is asked for in practice, on top of the address itself. */
export const WAYS: Readonly<Record<string, (path: string, query: string) => string>> = {
  'as it is': (path, query) => path + query,
  'with a session in the path': (path, query) => `${path};jsessionid=1A2B3C${query}`,
  'with parameters behind a directory': (path, query) => path.replace(/\/([^/]*)$/, ';v=1/$1') + query,
  'with a tracking parameter': (path, query) => `${path}${query === '' ? '?' : `${query}&`}utm_source=x%2F..%2Fy`,
  'with two slashes': (path, query) => path.replace(/\/([^/]*)$/, '//$1') + query,
  'with an escaped letter': (path, query) =>
    path.replace(/[a-z](?=[^/]*$)/, (letter) => `%${letter.charCodeAt(0).toString(16)}`) + query,
  'through a relative link': (path, query) => path.replace(/\/([^/]*)$/, '/./$1') + query,
  'with text behind it': (path, query) => `${path.replace(/\/$/, '')}/x/listed.php/y${query}`,
  'through a directory and back': (path, query) => path.replace(/\/([^/]*)$/, '/images/../$1') + query,
};

export interface Harmless {
  readonly host: string;
  readonly path: string;
  readonly query: string;
}

/** Of addresses as people write them; what has no host is left out. */
export function harmless(urls: Iterable<string>): Harmless[] {
  const found: Harmless[] = [];
  for (const text of urls) {
    const url = splitUrl(text);
    if (url !== null && isOrdinary(url)) found.push({ host: url.host, ...parts(url.target) });
  }
  return found;
}

/** Without addresses from outside: paths of the kinds that sites have, on names that are nobody's. */
export function madeUp(count: number): Harmless[] {
  const paths = [
    '/',
    '/index.html',
    '/a/b/c.html',
    '/shop/item.php',
    '/2026/11/title-of-it/',
    '/img/photo%20one.jpg',
    '/a;b/c',
    '/~user/page',
    '/wiki/Main_Page',
    '/x/y/z/',
    '/%C3%A9t%C3%A9/',
    '/a.b/c,d',
  ];
  return Array.from({ length: count }, (_, i) => ({
    host: siteHost(i % REAL_NAMES.length),
    path: paths[i % paths.length]!,
    query: i % 3 === 0 ? `?id=${i}` : '',
  }));
}

/** Lines for what lies beside these; hosts may repeat. */
export function linesBeside(addresses: readonly Harmless[]): string {
  const lines = new Set<string>();
  for (const [i, { host, path }] of addresses.entries()) {
    const directory = path.slice(0, path.lastIndexOf('/') + 1);
    const fold = FOLDS[i % FOLDS.length]!;
    // In front of parameters: an entry with `fold=params` that differed in them alone would be the address itself.
    // A directory entry may be 32 segments deep.
    if (directory.split('/').length > 28 || /[\s"<>\\^`{|}]|\?\*$/.test(path)) continue;
    if (fold.includes('info')) {
      // Of pages of programs alone; of one whose name begins as that of the address.
      lines.add(`http://${host}${directory}listed-${i % 7}.php?*${fold}`);
      if (path !== '/') lines.add(`http://${host}${path.replace(/\/?(;.*)?$/, '-listed.cgi')}?*${fold}`);
      continue;
    }
    lines.add(`http://${host}${directory}listed-${i % 7}.html?*${fold}`);
    lines.add(`http://${host}${directory}listed-${i % 7}/*${fold}`);
    if (path !== '/' && !path.endsWith('*'))
      lines.add(`http://${host}${path.replace(/(;.*)?$/, '-listed$1')}?*${fold}`);
  }
  return [...lines].map((line) => `${line}\n`).join('');
}

function isOrdinary({ host, target }: SplitUrl): boolean {
  return /^[a-z0-9._-]+$/i.test(host) && !/[\s#]/.test(target);
}

function parts(target: string): { readonly path: string; readonly query: string } {
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  return { path: path.startsWith('/') ? path : `/${path}`, query: mark < 0 ? '' : target.slice(mark) };
}
