/**
 * Pattern files and maps of HAProxy. What a line means stands in haproxy.cfg: what is compared (`--sample`), how (`--match`, the
 * `-m` of an ACL), whether capitals count, and of a map which values refuse.
 *
 *   host   hdr(host),host_only or the name of TLS: any port      str  as it is      beg  begins so    end  ends so
 *   hdr    hdr(host) as it came: without a port, 80 or 443       dom  these labels  sub  anywhere     reg  expression
 *   base   host and path, without query
 *
 * It must not guess any of them.
 */
import type { ByteString } from '../../url/bytes.ts';
import { belowOnly, entry, entryOf, hostDraft, items, left } from './outcome.ts';
import type { Draft, Item, LineOutcome, Reader } from './outcome.ts';
import { beginningOf } from './path-drafts.ts';
import { oneOf } from './reader-options.ts';
import { HAPROXY_MATCHES, HAPROXY_SAMPLES } from '../../lib/list-formats.ts';
import type { ReaderOptions } from '../../lib/list-formats.ts';
import { firstNonBlank, isIpv4, isIpv6, isName } from './words.ts';
import type { Word } from './words.ts';

const PORT = /:(\d{1,5})$/;

type Given = Pick<ReaderOptions, 'match' | 'sample' | 'values' | 'ignoreCase'>;

interface HaproxyOptions extends Omit<Given, 'match' | 'sample'> {
  readonly match: (typeof HAPROXY_MATCHES)[number];
  readonly sample: (typeof HAPROXY_SAMPLES)[number];
}

export function haproxyReader({ match, sample, ...given }: Given): Reader {
  const options = { ...given, match: oneOf(HAPROXY_MATCHES, match), sample: oneOf(HAPROXY_SAMPLES, sample) };
  return { read: (text) => readPattern(text, options) };
}

function readPattern(text: string, options: HaproxyOptions): LineOutcome {
  const at = firstNonBlank(text);
  if (at === text.length) return 'blank';
  if (text[at] === '#') return 'comment';
  const line = text.slice(at);
  const blank = line.search(/[ \t]/);
  const key = { at, text: blank === -1 ? line : line.slice(0, blank) };
  const value = blank === -1 ? '' : line.slice(blank).trim();
  // Blanks at the end are part of a pattern. Of a map: a value that is not named may stand for anything. Of a pattern file the line is one pattern, which no host is.
  if (value === '' && blank !== -1 && options.values.size === 0) return items([left(at + blank, 'no_effect')]);
  if (value !== '' || options.values.size > 0) {
    if (!options.values.has(value))
      return items([left(blank === -1 ? at : text.length - text.slice(at + blank).trimStart().length, 'value')]);
  }
  return items([options.sample === 'base' ? baseItem(key, options) : hostItem(key, options)]);
}

function hostItem({ at, text }: Word, { match, sample, ignoreCase }: HaproxyOptions): Item {
  if (match === 'reg') return left(at, 'regex');
  if (match === 'dir') return left(at, 'pattern');
  const port = match === 'ip' ? undefined : PORT.exec(text)?.[1];
  // Where the port is taken away before, none is found; else only the whole of `name:port` is one.
  if (port !== undefined && sample === 'host') return left(at, 'no_effect');
  if (port !== undefined && match !== 'str') return left(at, 'port');
  const ports = port !== undefined ? Number(port) : sample === 'host' ? 'any' : 'default';
  if (match === 'ip') return addressItem({ at, text }, ports);
  const isBelow = match === 'end' && text.startsWith('.');
  const name = text.slice(isBelow ? 1 : 0, port === undefined ? undefined : -port.length - 1);
  if (!isName(name)) {
    // The whole of an address is the address; a part of it is in many others.
    if (isIpv4(name) && match === 'str') return entry(at, hostDraft(name, false, ports));
    return left(at, match === 'str' ? 'not_a_name' : 'part_of_name');
  }
  if (name.endsWith('.') && match !== 'str' && match !== 'end') return left(at, 'part_of_name');
  if (neverFound(name, ignoreCase)) return left(at, 'no_effect');
  if (isBelow) return sample === 'host' ? belowOnly(at, name) : left(at, 'below_only');
  if (match !== 'str' && match !== 'beg' && !name.includes('.')) return left(at, 'part_of_name');
  switch (match) {
    case 'str':
      return entry(at, hostDraft(name, false, ports));
    case 'beg':
      return entry(at, hostDraft(name, false, ports), 'prefix_host');
    case 'end':
      return entry(at, hostDraft(name, true, ports), 'suffix_host');
    case 'dom':
    case 'sub':
      return entry(at, hostDraft(name, true, ports), 'infix_host');
  }
}

/** Capitals count unless the ACL says otherwise, and clients write hosts in small letters, without a dot at the end. */
function neverFound(name: ByteString, ignoreCase: boolean): boolean {
  return name.endsWith('.') || (!ignoreCase && /[A-Z]/.test(name));
}

function addressItem({ at, text }: Word, ports: Draft['ports']): Item {
  if (isIpv4(text)) return entry(at, hostDraft(text, false, ports));
  if (isIpv6(text)) return entry(at, hostDraft(`[${text}]`, false, ports));
  return left(at, text.includes('/') ? 'network' : 'not_an_address');
}

/** `base` is the host as it came and the path: without a port where that is 80 or 443. */
function baseItem({ at, text }: Word, { match, ignoreCase }: HaproxyOptions): Item {
  if (match !== 'str' && match !== 'beg') return left(at, match === 'reg' ? 'regex' : 'pattern');
  const slash = text.indexOf('/');
  const authority = slash === -1 ? text : text.slice(0, slash);
  if (authority === '') return left(at, 'any_host');
  const port = PORT.exec(authority)?.[1];
  const host = port === undefined ? authority : authority.slice(0, -port.length - 1);
  if (!isName(host) && !isIpv4(host)) return left(at, 'not_a_name');
  if (neverFound(host, ignoreCase) || text.includes('?')) return left(at, 'no_effect');
  const draft = hostDraft(host, false, port === undefined ? 'default' : Number(port));
  if (slash === -1) return match === 'str' ? left(at, 'no_effect') : entry(at, draft, 'prefix_host');
  const path = text.slice(slash);
  if (match === 'str') return entry(at, { ...draft, path: { kind: 'page', text: path }, ignoreCase });
  return entryOf(at, beginningOf(draft, path, ignoreCase), path.endsWith('/') ? null : 'prefix');
}
