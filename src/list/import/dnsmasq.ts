/**
 * dnsmasq: `address=/NAME/…/ADDRESS`, `server=/NAME/`, `local=/NAME/`, `host-record=NAME,ADDRESS`. Of two lines the one with the longer
 * name counts there, so that what sends a name on (`server=/NAME/#`) is an exception.
 *
 *   address=/ads.example/0.0.0.0   ads.example and all below it
 *   host-record=ads.example,0.0.0.0   that host alone
 *
 * It must not take a name with a real address for one that is refused.
 */
import { belowOnly, entry, exception, hostDraft, inexact, ipv6Only, items, left } from './outcome.ts';
import type { Draft, Item, LineOutcome, Reader } from './outcome.ts';
import type { ReaderOptions } from '../../lib/list-formats.ts';
import { sinkKind } from './sinks.ts';
import type { SinkKind } from './sinks.ts';
import { firstNonBlank, isIpv4, isIpv6, isNameInAnyScript } from './words.ts';
import type { Word } from './words.ts';

const OPTION = /^([a-z0-9][a-z0-9-]*)[ \t]*(=|$)[ \t]*/;
const OTHER_FILE = new Set(['addn-hosts', 'conf-file', 'conf-dir', 'servers-file', 'hostsdir', 'resolv-file']);
/** Their first word is a name that has an address of this machine's or of a range, and whether names below it have one too. */
const GIVES_ADDRESSES: ReadonlyMap<string, boolean> = new Map([
  ['interface-name', false],
  ['dynamic-host', false],
  ['synth-domain', true],
  // Of whoever has a lease: which names that are nobody can tell from here.
  ['domain', true],
]);
/** A comment stands alone or behind white space: `#` is also an address. */
const COMMENT = /(?:^|[ \t])#/;

type Target = SinkKind | 'everything' | 'elsewhere';

export function dnsmasqReader({ sinks }: Pick<ReaderOptions, 'sinks'>): Reader {
  return { read: (text) => readOption(text, sinks), isDecidedAtEnd: true };
}

function readOption(text: string, sinks: ReadonlySet<string>): LineOutcome {
  const mark = COMMENT.exec(text);
  const body = (mark === null ? text : text.slice(0, mark.index)).trimEnd();
  const at = firstNonBlank(body);
  if (at === body.length) return mark === null ? 'blank' : 'comment';
  const option = OPTION.exec(body.slice(at));
  if (option === null) return items([left(at, 'bad_line')]);
  const [whole, name = ''] = option;
  const value = { at: at + whole.length, text: body.slice(at + whole.length) };
  const comment = mark === null ? '' : text.slice(mark.index + mark[0].length).trim();
  return items(optionItems(name, { at, value, sinks }), comment);
}

interface Option {
  readonly at: number;
  readonly value: Word;
  readonly sinks: ReadonlySet<string>;
}

function optionItems(name: string, { at, value, sinks }: Option): readonly Item[] {
  if (OTHER_FILE.has(name)) return [left(at, 'other_file')];
  if (name === 'host-record') return recordItems(value, sinks);
  const isBelowToo = GIVES_ADDRESSES.get(name);
  if (isBelowToo !== undefined)
    return (
      partsOf(value, ',')
        .slice(0, 1)
        // `#`: the domain of resolv.conf.
        .map((part) => (part.text === '#' ? left(part.at, 'setting') : givenAway(part.at, part.text, isBelowToo)))
    );
  if (name === 'cname') {
    const names = partsOf(value, ',').slice(0, -1);
    return names.length === 0 ? [left(at, 'bad_line')] : names.map((part) => givenAway(part.at, part.text, false));
  }
  const isServer = name === 'server' || name === 'local';
  if (!(isServer || name === 'address') || !value.text.startsWith('/')) return [left(at, 'setting')];
  const parts = partsOf({ at: value.at + 1, text: value.text.slice(1) }, '/');
  const last = parts.at(-1);
  if (last === undefined || parts.length === 1) return [left(at, 'bad_line')];
  const target = isServer ? serverTarget(last.text) : addressTarget(last.text, sinks);
  return parts.slice(0, -1).map((part) => domainItem(part, target));
}

function serverTarget(text: string): Target {
  return text === '' ? 'everything' : 'elsewhere';
}

function addressTarget(text: string, sinks: ReadonlySet<string>): Target {
  return text === '' || text === '#' ? 'everything' : sinkKind(text, sinks);
}

function domainItem({ at, text }: Word, target: Target): Item {
  if (text === '#' || text === '') return left(at, 'part_of_name');
  const stars = text.startsWith('*.') ? 2 : text.startsWith('*') ? 1 : 0;
  const name = text.slice(stars).replace(/^\./, '');
  if (!isNameInAnyScript(name)) return left(at, 'not_a_name');
  const draft = hostDraft(name, true);
  switch (target) {
    case 'elsewhere':
      return stars === 0 ? exception(at, draft) : inexact(at, stars === 1 ? 'anywhere' : draft);
    case 'none':
      return givenAway(at, name, true);
    case 'ipv6':
      return stars === 0 ? ipv6Only(at, draft) : left(at, 'ipv6_only');
    case 'ipv4':
    case 'name':
    case 'everything':
      return stars === 2 ? belowOnly(at, name) : entry(at, draft, stars === 1 ? 'suffix_host' : null);
  }
}

/** Names, then addresses: an IPv4 one, an IPv6 one, or both, and a time to live. */
function recordItems(value: Word, sinks: ReadonlySet<string>): readonly Item[] {
  const parts = partsOf(value, ',');
  const isAddress = ({ text }: Word): boolean => isIpv4(text) || isIpv6(text);
  const addresses = parts.filter(isAddress);
  const kinds = new Set(addresses.map(({ text }) => sinkKind(text, sinks)));
  const names = parts.filter((part) => !isAddress(part) && !/^\d+$/.test(part.text));
  if (names.length === 0 || addresses.length === 0) return [left(value.at, 'bad_line')];
  return names.map(({ at, text }) => {
    if (!isNameInAnyScript(text)) return left(at, 'not_a_name');
    const draft: Draft = hostDraft(text, false);
    if (kinds.has('none')) return givenAway(at, text, false);
    return kinds.has('ipv4') ? entry(at, draft) : ipv6Only(at, draft);
  });
}

/** It has another address there, whatever the lines about what is above it say. */
function givenAway(at: number, host: string, below: boolean): Item {
  return inexact(at, { host, below }, 'other_answer');
}

function partsOf({ at, text }: Word, separator: string): Word[] {
  const parts: Word[] = [];
  let from = at;
  for (const part of text.split(separator)) {
    const trimmed = part.trim();
    parts.push({ at: from + part.indexOf(trimmed), text: trimmed });
    from += part.length + 1;
  }
  return parts;
}
