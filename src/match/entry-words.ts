/**
 * What an entry says besides its key, in numbers: the meta word of its record, and how far its path reaches, which tells the hints where
 * to look. Nothing of its text is in them.
 */
import { FOLD } from '../url/fold.ts';
import { directoryDepth } from '../url/path.ts';
import type { Entry } from './entry.ts';
import { HINT, KIND, META, SCOPE, SUBDOMAIN_SHIFT } from './segment-layout.ts';

export function metaOf(entry: Entry): number {
  let meta =
    entry.port |
    (entry.list << META.listShift) |
    (KIND[entry.path.kind] << META.kindShift) |
    ((entry.fold & META.foldMask) << META.foldShift);
  if (entry.subdomains) meta |= META.subdomains;
  if (entry.count) meta |= META.count;
  if (entry.test) meta |= META.test;
  if (entry.dns) meta |= META.dns;
  if (entry.steer) meta |= META.steer;
  return meta;
}

/** In an extent: text behind the page does not count (`FOLD.info`), for which the meta word has no bit left. */
export const EXTENT_INFO = 64;
/** `FOLD.info` of it. */
const INFO_SHIFT = 3;

/** Of a directory its segments (0..32); of a URL 1 with a query, 0 without; of all else 0. Of a page and a URL with `FOLD.info` 64 more. */
export function extentOf({ path, fold }: Pick<Entry, 'path' | 'fold'>): number {
  const info = (fold & FOLD.info) === 0 ? 0 : EXTENT_INFO;
  switch (path.kind) {
    case 'directory':
      return directoryDepth(path.path);
    case 'url':
      return path.query === null ? info : info | 1;
    case 'page':
      return info;
    case 'host':
      return 0;
  }
}

/** The whole fold of an entry. */
export function foldOf(meta: number, extent: number): number {
  const isPage = ((meta >>> META.kindShift) & META.kindMask) >= KIND.page;
  return ((meta >>> META.foldShift) & META.foldMask) | (isPage ? (extent & EXTENT_INFO) >>> INFO_SHIFT : 0);
}

/** What the hint of a host says of such an entry. */
export function scopesOf(meta: number, extent: number): number {
  const scope = scopeOf((meta >>> META.kindShift) & META.kindMask, extent);
  return (meta & META.subdomains) === 0 ? scope : scope << SUBDOMAIN_SHIFT;
}

/** Whether such an entry steers, as the hint of its host says it; one that is withdrawn does not. */
export function steerOf(meta: number): number {
  if ((meta & META.steer) === 0 || (meta & META.withdrawn) !== 0) return 0;
  return (meta & META.subdomains) === 0 ? HINT.steer : HINT.steerSubdomains;
}

/** Bit d-1: a directory of d segments. */
export function depthsOf(meta: number, extent: number): number {
  return ((meta >>> META.kindShift) & META.kindMask) === KIND.directory && extent > 0 ? 1 << (extent - 1) : 0;
}

function scopeOf(kind: number, extent: number): number {
  if (kind === KIND.page) return SCOPE.path;
  if (kind === KIND.url) return (extent & 1) === 0 ? SCOPE.path : SCOPE.query;
  if (kind === KIND.directory) return extent === 0 ? SCOPE.root : SCOPE.directories;
  return 0;
}
