/**
 * Files of Squid's ACLs (`acl NAME TYPE "FILE"`): what a line means is the ACL's type, which stands in squid.conf and not in the file.
 *
 *   dstdomain   .ads.example: the name and all below it · ads.example: that host
 *   dst         addresses that a request is sent to
 *   …_regex     regular expressions
 *
 * It must not guess the type.
 */
import { entry, hostDraft, items, left } from './outcome.ts';
import type { Item, LineOutcome, Reader } from './outcome.ts';
import { oneOf } from './reader-options.ts';
import { SQUID_TYPES } from '../../lib/list-formats.ts';
import type { ReaderOptions } from '../../lib/list-formats.ts';
import { isIpv4, isIpv6, isName, wordsOf } from './words.ts';
import type { Word } from './words.ts';

export function squidReader({ match }: Pick<ReaderOptions, 'match'>): Reader {
  const type = oneOf(SQUID_TYPES, match);
  return { read: (text) => readValue(text, type) };
}

/** The whole line is one value: Squid reads it to its end. */
function readValue(text: string, type: (typeof SQUID_TYPES)[number]): LineOutcome {
  const [first, second] = wordsOf(text);
  if (first === undefined) return 'blank';
  if (first.text.startsWith('#')) return 'comment';
  if (/^(?:acl|http_access|include)$/.test(first.text)) return items([left(first.at, 'setting')]);
  if (type.endsWith('_regex')) return items([left(first.at, 'regex')]);
  if (second?.text.startsWith('#') === false) return items([left(second.at, 'bad_line')]);
  const comment = second === undefined ? '' : text.slice(second.at + 1).trim();
  return items([type === 'dst' ? addressItem(first) : domainItem(first)], comment);
}

function domainItem({ at, text }: Word): Item {
  if (/^[-+][a-z]$/.test(text)) return left(at, 'setting');
  if (isIpv4(text)) return entry(at, hostDraft(text, false));
  if (isIpv6(text.replace(/^\[|\]$/g, ''))) return left(at, 'not_a_name');
  const isBelow = text.startsWith('.');
  const name = isBelow ? text.slice(1) : text;
  // Of what is asked for Squid takes the dot at the end away, of what is listed it does not.
  if (name.endsWith('.')) return left(at, 'no_effect');
  return isName(name) ? entry(at, hostDraft(name, isBelow)) : left(at, 'not_a_name');
}

/** There every name with that address is meant, which only who resolves it knows. */
function addressItem({ at, text }: Word): Item {
  if (isIpv4(text)) return entry(at, hostDraft(text, false), 'by_address');
  if (isIpv6(text)) return entry(at, hostDraft(`[${text}]`, false), 'by_address');
  return left(at, /[/-]/.test(text) ? 'network' : 'not_an_address');
}
