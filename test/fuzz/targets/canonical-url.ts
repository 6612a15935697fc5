/**
 * Fuzz target: the canonical URL. The input is one URL, or a host or target, as bytes. Throws where a promise of
 * docs/canonical-form.md is broken; whoever adds a target exports `fuzz` from a file here and puts seeds into
 * `../corpus/NAME.jsonl` (one JSON string a line, ../corpus.ts).
 */
import { canonicalHost, canonicalHostInFull } from '../../../src/url/host.ts';
import { displayUrl } from '../../../src/url/display.ts';
import { canonicalTarget, canonicalTargetInFull } from '../../../src/url/path.ts';
import type { CanonicalTarget } from '../../../src/url/path.ts';
import { splitUrl } from '../../../src/url/split.ts';

export function fuzz(data: Buffer): void {
  const text = data.toString('latin1');
  checkHost(text);
  checkTarget(text);
  const shown = displayUrl(text);
  if (shown !== null) demand(/^https?:\/\/[!-~]+$/.test(shown), 'the display form is printable ASCII', shown);
  const url = splitUrl(text);
  if (url === null) return;
  checkHost(url.host);
  checkTarget(url.target);
}

function checkHost(raw: string): void {
  const host = canonicalHost(raw);
  demand(host === canonicalHostInFull(raw), 'the fast path and the full treatment of a host agree', host);
  if (host === null) return;
  demand(canonicalHost(host) === host, 'a canonical host is canonical', host);
  demand(
    host.length <= 253 &&
      /^(?:\[[0-9a-f:]+\]|[!-~]+)$/.test(host) &&
      !/[A-Z#%/:?@\\]/.test(host.startsWith('[') ? '' : host),
    'a canonical host is lower-case ASCII without delimiters',
    host,
  );
  // A numeric host that lies in a bracket or label is no prefix of another spelling; letters and digits may be escaped.
  demand(canonicalHost(escapedAt(raw, /[a-z0-9]/i)) === host, 'an escaped letter is the letter', host);
}

function checkTarget(raw: string): void {
  const target = canonicalTarget(raw);
  const { path, query } = target;
  demand(isSame(target, canonicalTargetInFull(raw)), 'the fast path and the full treatment of a target agree', path);
  demand(
    /^\/[!-~]*$/.test(path) && !/[#?\\]|\/\/|\/\.{1,2}(?:\/|$)/.test(path),
    'a canonical path has no raw delimiter, double slash or dot segment',
    path,
  );
  demand(query === null || /^[!-"$-~]+$/.test(query), 'a canonical query is printable and not empty', query);
  demand(
    isSame(target, canonicalTarget(query === null ? path : `${path}?${query}`)),
    'a canonical target is canonical',
    path,
  );
  demand(
    isSame(target, canonicalTarget(escapedAt(raw, /[^?#\t\r\n]/))),
    'an escaped byte is the byte, but for ? and #',
    path,
  );
  demand(isSame(target, canonicalTarget(`${raw}#tail`)) || raw.includes('#'), 'a fragment changes nothing', path);
}

/** Escapes the first byte from the middle on that may be escaped. */
function escapedAt(text: string, may: RegExp): string {
  for (let at = text.length >> 1; at < text.length; at += 1) {
    if (may.test(text.charAt(at)))
      return `${text.slice(0, at)}%${text.charCodeAt(at).toString(16).padStart(2, '0')}${text.slice(at + 1)}`;
  }
  return text;
}

function isSame(a: CanonicalTarget, b: CanonicalTarget): boolean {
  return a.path === b.path && a.query === b.query;
}

function demand(holds: boolean, promise: string, got: string | null): void {
  if (!holds) throw new Error(`broken: ${promise}; got ${JSON.stringify(got)}`);
}
