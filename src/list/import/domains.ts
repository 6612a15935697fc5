/**
 * Names, one a line. What such a file means is not in it: a name is that host alone, unless who imports says that its subdomains
 * are meant too. It must not guess that.
 */
import { belowOnly, entry, hostDraft, items, left } from './outcome.ts';
import type { Item, LineOutcome, Reader } from './outcome.ts';
import type { ReaderOptions } from '../../lib/list-formats.ts';
import { isIpv4, isIpv6, isNameInAnyScript, wordsOf } from './words.ts';
import type { Word } from './words.ts';

const COMMENT = /(?:^|[ \t])#/;

export function domainsReader({ subdomains }: Pick<ReaderOptions, 'subdomains'>): Reader {
  return { read: (text) => readName(text, subdomains) };
}

function readName(text: string, subdomains: boolean): LineOutcome {
  const mark = COMMENT.exec(text);
  const end = mark === null ? text.length : mark.index + mark[0].length - 1;
  const [name, more] = wordsOf(text, 0, end);
  if (name === undefined) return mark === null ? 'blank' : 'comment';
  if (more !== undefined) return items([left(more.at, 'bad_line')]);
  return items([nameItem(name, subdomains)], text.slice(end + 1).trim());
}

/** One name, as a file of names or a table has it. */
export function nameItem({ at, text }: Word, subdomains: boolean): Item {
  if (isIpv4(text)) return entry(at, hostDraft(text, false));
  if (isIpv6(text)) return entry(at, hostDraft(`[${text}]`, false));
  const pattern = text.startsWith('*.') ? 2 : text.startsWith('.') ? 1 : 0;
  const name = text.slice(pattern);
  if (!isNameInAnyScript(name)) return left(at, 'not_a_name');
  if (subdomains || pattern === 0) return entry(at, hostDraft(name, subdomains));
  return pattern === 1 ? left(at, 'leading_dot') : belowOnly(at, name);
}
