/**
 * What entries cover, as texts that can be compared: hosts form a tree, and so do the paths of a host. Texts hold the list in the
 * clear and must not outlive the command that asks.
 */
import type { PathScope } from '../../match/entry.ts';
import { FOLD, foldedPath, withoutParameters } from '../../url/fold.ts';
import { canonicalPath, directoryDepth, rootedPath } from '../../url/path.ts';
import { pagesBefore } from '../../url/program-pages.ts';
import { isIpLiteral } from '../text/ip-literal.ts';

export interface HostScope {
  readonly host: string;
  readonly subdomains: boolean;
}

export interface Scope extends HostScope {
  readonly path: PathScope;
  readonly fold: number;
}

export type PathOnHost = Exclude<PathScope, { readonly kind: 'host' }>;

export const WHOLE_HOST = { kind: 'host' } as const;

/** @param fold of the path. */
export function scopeKey({ host, subdomains }: HostScope, path: PathScope, fold: number): string {
  const domain = subdomains ? `*.${host}` : host;
  if (path.kind === 'host') return domain;
  const query = path.kind === 'url' && path.query !== null ? `?${path.query}` : '';
  // Kind and fold in front: `/a/%2A` and `/a/*` are different scopes of the same text.
  return `${path.kind}${fold} ${domain}${path.path}${query}`;
}

/** Every name above a host, the shortest first; an address has none. */
export function* parentNames(host: string): Generator<string> {
  if (isIpLiteral(host)) return;
  for (let dot = host.lastIndexOf('.'); dot > 0; dot = host.lastIndexOf('.', dot - 1)) yield host.slice(dot + 1);
}

/** The path of an entry under a fold that does more than its own: of parameters that its own keeps nothing is left. */
export function underFold(path: PathOnHost, more: number): PathOnHost {
  // What stood between two slashes, or behind two dots, may be gone.
  const kept = (more & FOLD.params) === 0 ? path.path : canonicalPath(withoutParameters(path.path));
  return { ...path, path: foldedPath(kept, path.kind === 'directory' ? more & ~FOLD.slash : more) };
}

/**
 * Scopes of a path that contain it, the widest first, its own last; the whole host is not among them. Under `FOLD.info` they are the pages before it, too.
 * @param path as that fold has it.
 * @param hasDirectories false: nobody asks for those.
 */
export function* containingPaths(path: PathOnHost, fold: number, hasDirectories: boolean): Generator<PathOnHost> {
  // Not its own directory, if it is one: that comes last.
  const depths = hasDirectories ? directoryDepth(path.path) + (path.kind === 'directory' ? 0 : 1) : 0;
  let end = 0;
  for (let depth = 0; depth < depths; depth += 1) {
    end = path.path.indexOf('/', end) + 1;
    yield { kind: 'directory', path: rootedPath(path.path.slice(0, end)) };
  }
  // Where a slash at the end does not count, a directory covers its own name too.
  if (hasDirectories && path.kind !== 'directory' && (fold & FOLD.slash) !== 0 && path.path !== '/')
    yield { kind: 'directory', path: rootedPath(`${path.path}/`) };
  if ((fold & FOLD.info) !== 0)
    for (const page of pagesBefore(path.path)) {
      yield { kind: 'page', path: page };
      if (path.kind === 'url') yield { ...path, path: page };
    }
  if (path.kind === 'url') yield { kind: 'page', path: path.path };
  yield path;
}
