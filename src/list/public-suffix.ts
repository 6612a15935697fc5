/**
 * Entries that would take a whole registry along: on a public suffix (`co.uk`, `github.io`) or a top-level domain.
 * Nobody means that, so `check`, `list stats` and `list lint` count or name them. It must not refuse a list: on a node's own
 * text list the operator decides, and real lists name `web.id`, the host alone, for good reasons.
 *
 * Source: the Public Suffix List with its private section, as the package tldts carries it.
 */
import { getPublicSuffix, parse } from 'tldts';
import type { Entry } from '../match/entry.ts';
import type { CanonicalHost } from '../url/host.ts';
import { isIpLiteral } from './ip-literal.ts';

/** `single-label`: no registry is known for it; a name of the local network, a new or a reserved top-level domain. */
export type SuffixKind = 'registry' | 'private' | 'single-label';

/** The host is canonical: nothing to extract, nothing to validate. */
const OPTIONS = { allowPrivateDomains: true, extractHostname: false, validateHostname: false, detectIp: false } as const;

/** Null: the host lies below a suffix, or is an address. */
export function suffixKind(host: CanonicalHost): SuffixKind | null {
  if (isIpLiteral(host) || getPublicSuffix(host, OPTIONS) !== host) return null;
  const { isIcann, isPrivate } = parse(host, OPTIONS);
  if (isPrivate === true) return 'private';
  return isIcann === true ? 'registry' : 'single-label';
}

/** Does it cover a suffix as a whole, or everything below one? A path on just that host does not. */
export function coversSuffix({ host, subdomains, path }: Entry): boolean {
  return (subdomains || path.kind === 'host') && suffixKind(host) !== null;
}
