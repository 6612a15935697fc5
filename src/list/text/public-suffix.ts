/**
 * Entries that would take a whole registry along: on a public suffix (`co.uk`, `github.io`) or a top-level domain. Nobody
 * means that; a copying mistake has put thousands of sites behind a block page before. Whether a list that has one is used all
 * the same is its configuration's decision (`suffixes`): real lists name `web.id`, the host alone, for good reasons.
 *
 * Source: the Public Suffix List with its private section, as the package tldts carries it. An entry above some of them (`*.amazonaws.com` above
 * `s3.amazonaws.com`) is the matter of the lint (sanity/suffixes-below.ts).
 * It must not decide what becomes of such an entry.
 */
import { getPublicSuffix, parse } from 'tldts';
import type { Entry } from '../../match/entry.ts';
import type { CanonicalHost } from '../../url/host.ts';
import { isIpLiteral } from './ip-literal.ts';

/** `single-label`: no registry is known for it; a name of the local network, a new or a reserved top-level domain. */
export type SuffixKind = 'registry' | 'private' | 'single-label';

/** The host is canonical: nothing to extract, nothing to validate. */
const OPTIONS = {
  allowPrivateDomains: true,
  extractHostname: false,
  validateHostname: false,
  detectIp: false,
} as const;

/** @returns null if the host lies below a suffix, or is an address. */
function suffixKind(host: CanonicalHost): SuffixKind | null {
  if (isIpLiteral(host) || getPublicSuffix(host, OPTIONS) !== host) return null;
  const { isIcann, isPrivate } = parse(host, OPTIONS);
  if (isPrivate === true) return 'private';
  return isIcann === true ? 'registry' : 'single-label';
}

/** All of an entry that decides it. */
type Covering = Pick<Entry, 'host' | 'subdomains' | 'path'>;

/**
 * Of an entry that covers a suffix as a whole, or anything at all of everybody below one (`*.github.io/dir/*`); null: of any
 * other. A path on just that host concerns nobody else.
 */
export function coveredSuffix({ host, subdomains, path }: Covering): SuffixKind | null {
  return subdomains || path.kind === 'host' ? suffixKind(host) : null;
}

/** What must not go live unless its configuration says so. Names without a dot that no registry has are names of a local network. */
export function coversPublicSuffix(entry: Covering): boolean {
  const kind = coveredSuffix(entry);
  return kind === 'registry' || kind === 'private';
}

/** Of an entry that does. */
export function suffixMessage(entry: Entry): string {
  const reach = entry.subdomains ? ' and everything below it' : '';
  const who =
    coveredSuffix(entry) === 'private'
      ? 'below which other people have their sites'
      : 'below which everybody registers names';
  return `covers a public suffix${reach}, ${who}`;
}
