/**
 * The pattern of an ad blocker's rule → what entries cover of it.
 *
 *   ||ads.example^            *.ads.example               ||ads.example/dir/      *.ads.example/dir/* on ports 80 and 443
 *   ||ads.example/page|       that page, likewise         |https://ads.example/x  on port 443
 *
 * `||` is the host and its subdomains, `^` a character that separates (or the end), `|` the beginning or end, `*` anything. It must not
 * take a pattern without a host for an entry, nor know options.
 */
import type { ByteString } from '../../url/bytes.ts';
import { hostDraft } from './outcome.ts';
import type { Draft } from './outcome.ts';
import { beginningOf, exactPath } from './path-drafts.ts';
import type { LeftReason, NoteCode } from './reasons.ts';
import { isIpv4, isNameInAnyScript } from './words.ts';

export type Pattern =
  /** `note`: they cover less than the rule does. */
  | { readonly kind: 'drafts'; readonly drafts: readonly Draft[]; readonly note: NoteCode | null }
  /** Subdomains without the name. */
  | { readonly kind: 'below'; readonly host: ByteString }
  /** `host`: all that it can reach; null: anything. */
  | { readonly kind: 'left'; readonly reason: LeftReason; readonly host: ByteString | null };

const HOST = /^[^/^*?:|]*/;
const SCHEME = /^\|(https?):\/\//i;

/** As browsers use it: against whole addresses. @param ignoreCase whether paths in capitals are the same. */
export function urlPattern(text: ByteString, ignoreCase: boolean): Pattern {
  if (text.startsWith('||*.')) return belowPattern(text.slice(4));
  const scheme = SCHEME.exec(text);
  const isBelow = text.startsWith('||');
  if (!isBelow && scheme === null) return bareName(text);
  const after = scheme === null ? text.slice(2) : text.slice(scheme[0].length);
  const host = HOST.exec(after)?.[0] ?? '';
  if (!isWholeName(host)) return leftBehind(host === '' ? 'pattern' : 'part_of_name', null);
  const port = scheme === null ? null : scheme[1]?.toLowerCase() === 'http' ? 80 : 443;
  const draft = hostDraft(host, isBelow && !isIpv4(host), port ?? 'any');
  return tailPattern(draft, after.slice(host.length), ignoreCase);
}

/** As AdGuard Home uses it: against names. */
export function namePattern(rule: ByteString): Pattern {
  // Before a name there is nothing but its scheme.
  const text = rule.replace(/^(?:http)?:\/\//, '|');
  if (text.includes('/')) return leftBehind('no_effect', null);
  const isBelow = text.startsWith('||');
  const name = text.replace(/^\|\|?/, '').replace(/\^?\|?$/, '');
  if (isBelow && name.startsWith('*.')) return belowPattern(`${name.slice(2)}^`);
  if (!isWholeName(name)) return leftBehind('pattern', null);
  if (isBelow && !/[\^|]$/.test(text)) return drafts([hostDraft(name, true)], 'prefix_host');
  // What has an end and no beginning is searched for in the name: `ads.example^` and `ads.example|` are found in `bads.example`, too.
  if (!text.startsWith('|') && /[\^|]$/.test(text)) return drafts([hostDraft(name, !isIpv4(name))], 'suffix_host');
  // A bare name is that name; `|name^` is it too.
  return text.startsWith('|') && !isBelow && !/[\^|]$/.test(text)
    ? drafts([hostDraft(name, false)], 'prefix_host')
    : drafts([hostDraft(name, isBelow && !isIpv4(name))], null);
}

/** What follows the host. */
function tailPattern(draft: Draft, tail: ByteString, ignoreCase: boolean): Pattern {
  const [, digits, rest = ''] = /^:(\d{1,5})(?=[/^]|$)(.*)$/.exec(tail) ?? [null, undefined, tail];
  if (digits !== undefined) {
    const placed = { ...draft, ports: Number(digits) };
    return rest === '' ? leftBehind('port', draft.host) : tailPattern(placed, rest, ignoreCase);
  }
  if (rest === '' || rest === '*') return drafts([draft], 'prefix_host');
  // A colon separates as well: the rule holds on every port, of one scheme too.
  if (rest === '^' || rest === '^*') return drafts([draft], draft.below || draft.ports === 'any' ? null : 'separator');
  if (rest === '|') return leftBehind('no_effect', draft.host);
  const ports = draft.ports === 'any' ? 'default' : draft.ports;
  if (rest === '^|') return drafts([exactPath({ ...draft, ports }, '/', ignoreCase)], 'root_page');
  if (!rest.startsWith('/')) return leftBehind('pattern', draft.host);
  return pathPattern({ ...draft, ports }, rest, ignoreCase);
}

function pathPattern(draft: Draft, text: ByteString, ignoreCase: boolean): Pattern {
  const isWhole = text.endsWith('|');
  const isSeparated = text.endsWith('^');
  const path = isWhole || isSeparated ? text.slice(0, -1) : withoutStars(text);
  if (/[*^]/.test(path)) return leftBehind('pattern', draft.host);
  if (isWhole) return drafts([exactPath(draft, path, ignoreCase)], null);
  if (path === '/' && !isSeparated) return drafts([draft], null);
  if (isSeparated && path.endsWith('/')) return leftBehind('pattern', draft.host);
  return drafts(
    beginningOf(draft, path, ignoreCase),
    isSeparated ? 'separator' : path.endsWith('/') && !path.includes('?') ? null : 'prefix',
  );
}

/** At the end they say nothing. */
function withoutStars(text: ByteString): ByteString {
  let end = text.length;
  while (text[end - 1] === '*') end -= 1;
  return text.slice(0, end);
}

/** A name alone is searched for in the whole address, so that it is found on the host and its subdomains. */
function bareName(text: ByteString): Pattern {
  return isWholeName(text) && text.includes('.') && !isIpv4(text)
    ? drafts([hostDraft(text, true)], 'infix_host')
    : leftBehind('pattern', null);
}

function belowPattern(text: ByteString): Pattern {
  const name = text.replace(/\^$/, '');
  return isWholeName(name) && text.endsWith('^') ? { kind: 'below', host: name } : leftBehind('pattern', null);
}

/** `ads.` goes on with any registry. */
function isWholeName(text: ByteString): boolean {
  return (isNameInAnyScript(text) && !text.endsWith('.')) || isIpv4(text);
}

function drafts(list: readonly Draft[], note: NoteCode | null): Pattern {
  return { kind: 'drafts', drafts: list, note };
}

function leftBehind(reason: LeftReason, host: ByteString | null): Pattern {
  return { kind: 'left', reason, host };
}
