/**
 * Ways to write one URL: each uses another folding of docs/canonical-form.md, and two of them at once now and then. All mean
 * the same address, so a listed one is blocked in each.
 */
import type { ListedUrl } from './listed.ts';

type Respell = (parts: Parts, seed: number) => Parts;

interface Parts {
  readonly scheme: string;
  readonly host: string;
  readonly port: string;
  readonly path: string;
  /** With its `?`, or empty. */
  readonly query: string;
  readonly tail: string;
}

const SPELLINGS: Readonly<Record<string, Respell>> = {
  plain: (parts) => parts,
  'upper case host': (parts) => ({
    ...parts,
    scheme: 'HTTP://',
    host: parts.host.replaceAll(/[a-z]/g, (letter) => letter.toUpperCase()),
  }),
  'dots around the host': (parts) => ({ ...parts, host: `.${parts.host.replace('.', '..')}.` }),
  'escaped letter in the host': (parts, seed) => ({ ...parts, host: escapedAt(parts.host, seed) }),
  'escaped twice in the host': (parts, seed) => ({ ...parts, host: escapedAt(parts.host, seed).replace('%', '%25') }),
  'ideographic full stop': (parts) => ({ ...parts, host: parts.host.replace('.', '\u00e3\u0080\u0082') }),
  'escaped letter in the path': (parts, seed) => ({ ...parts, path: escapedAt(parts.path, seed) }),
  'escaped many times': (parts, seed) => ({ ...parts, path: escapedAt(parts.path, seed).replace('%', '%25252525') }),
  'escaped slash': (parts, seed) => ({
    ...parts,
    path: `/${parts.path.slice(1).replace('/', seed % 2 === 0 ? '%2F' : '%2f')}`,
  }),
  'escaped letter in the query': (parts, seed) => ({
    ...parts,
    query: parts.query === '' ? '?' : `?${escapedAt(parts.query.slice(1), seed)}`,
  }),
  'dot segment': (parts) => ({ ...parts, path: `/.${parts.path}` }),
  'segment and back': (parts) => ({ ...parts, path: `/other/..${parts.path}` }),
  'above the root': (parts) => ({ ...parts, path: `/../%2e%2e${parts.path}` }),
  'two slashes': (parts) => ({ ...parts, path: parts.path.replaceAll('/', '//') }),
  backslash: (parts) => ({ ...parts, path: `/${parts.path.slice(1).replace('/', '\\')}` }),
  'tab and line break': (parts) => ({ ...parts, path: `/\t${parts.path.slice(1, 3)}\r\n${parts.path.slice(3)}` }),
  fragment: (parts) => ({ ...parts, tail: '#top?x' }),
  'user info': (parts) => ({ ...parts, scheme: 'http://www.bank.example:80@' }),
  'all at once': (parts, seed) => ({
    ...parts,
    scheme: 'hTTp://',
    host: `${escapedAt(parts.host, seed)}.`,
    path: `//./x/%2e%2E/${escapedAt(parts.path, seed + 1)}`,
    tail: '#',
  }),
};

export const SPELLING_NAMES: readonly string[] = Object.keys(SPELLINGS);

/** As a byte string. @param seed which letter is escaped. */
export function spelled({ host, port, path, query }: ListedUrl, spelling: string, seed: number): string {
  const parts = {
    scheme: 'http://',
    host,
    port: port === null ? '' : `:${port}`,
    path,
    query: query === null ? '' : `?${query}`,
    tail: '',
  };
  const { scheme, host: name, port: at, path: to, query: asked, tail } = SPELLINGS[spelling]!(parts, seed);
  return `${scheme}${name}${at}${to}${asked}${tail}`;
}

/** Escapes the letter or digit that comes next after a place that the seed chooses. */
function escapedAt(text: string, seed: number): string {
  for (let i = 0; i < text.length; i += 1) {
    const at = (seed + i) % text.length;
    if (/[a-z0-9]/.test(text.charAt(at)))
      return `${text.slice(0, at)}%${text.charCodeAt(at).toString(16)}${text.slice(at + 1)}`;
  }
  return text;
}
