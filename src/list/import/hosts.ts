/**
 * Hosts files: `ADDRESS NAME …`, each name exactly that host. Read as dnsmasq (addn-hosts) and resolvers of systems read them. It must not
 * take a name that is given a real address for one that is refused.
 */
import { entry, hostDraft, inexact, ipv6Only, items, left } from './outcome.ts';
import type { Item, LineOutcome, Reader } from './outcome.ts';
import type { ReaderOptions } from '../../lib/list-formats.ts';
import { sinkKind } from './sinks.ts';
import type { SinkKind } from './sinks.ts';
import { isIpv4, isIpv6, isNameInAnyScript, splitComment, wordsOf } from './words.ts';
import type { Word } from './words.ts';

/** What such files begin with, on every system. */
const OWN_NAMES = new Set([
  'localhost',
  'localhost.localdomain',
  'local',
  'broadcasthost',
  'localhost4',
  'localhost6',
  'localhost6.localdomain6',
  'ip6-localhost',
  'ip6-loopback',
  'ip6-localnet',
  'ip6-mcastprefix',
  'ip6-allnodes',
  'ip6-allrouters',
  'ip6-allhosts',
]);

export function hostsReader({ sinks }: Pick<ReaderOptions, 'sinks'>): Reader {
  return { read: (text) => readHostsLine(text, sinks) };
}

function readHostsLine(text: string, sinks: ReadonlySet<string>): LineOutcome {
  const { end, comment } = splitComment(text, '#');
  const [address, ...names] = wordsOf(text, 0, end);
  if (address === undefined) return end < text.length ? 'comment' : 'blank';
  // A scope (`fe80::1%lo0`) is of this machine.
  const plain = address.text.replace(/%\w+$/, '');
  if (names.length === 0 || !(isIpv4(plain) || isIpv6(plain))) return items([left(address.at, 'bad_line')]);
  const sink = sinkKind(plain, sinks);
  return items(
    names.map((name) => nameItem(name, sink)),
    comment,
  );
}

function nameItem({ at, text }: Word, sink: SinkKind): Item {
  if (OWN_NAMES.has(text.toLowerCase())) return left(at, 'own_machine');
  if (!isNameInAnyScript(text)) return left(at, 'not_a_name');
  const draft = hostDraft(text, false);
  switch (sink) {
    case 'none':
      return inexact(at, draft, 'other_answer');
    case 'ipv6':
      return ipv6Only(at, draft);
    case 'ipv4':
    case 'name':
      return entry(at, draft);
  }
}
