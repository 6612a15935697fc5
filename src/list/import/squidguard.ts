/**
 * squidGuard and ufdbGuard: `domains` (a name and all below it), `urls` (how addresses begin), `expressions`.
 *
 *   domains  ads.example        *.ads.example
 *   urls     ads.example/dir/   that directory, of the host and of www.
 *   urls     ads.example/page   that address with any query, and what is below it; there also /pages, /page.html …
 *
 * squidGuard compares addresses in small letters, without port, and without `www.`, `www1.`, `web.`, `ftp.` of what is asked for. It
 * must not take for an entry what squidGuard itself never finds (a dot before or behind a name, a scheme), nor the words of its configuration.
 */
import type { ByteString } from '../../url/bytes.ts';
import { entry, entryOf, hostDraft, items, left } from './outcome.ts';
import type { Draft, Item, LineOutcome, Reader } from './outcome.ts';
import { oneOf } from './reader-options.ts';
import { SQUIDGUARD_FILES } from '../../lib/list-formats.ts';
import type { ReaderOptions } from '../../lib/list-formats.ts';
import type { NoteCode } from './reasons.ts';
import { beginningOf } from './path-drafts.ts';
import { isIpv4, isName, wordsOf } from './words.ts';
import type { Word } from './words.ts';

/** What squidGuard takes away from the host that is asked for. */
const SERVER_NAME = /^(?:www|web|ftp)\d*\./i;

export function squidguardReader({ match }: Pick<ReaderOptions, 'match'>): Reader {
  const file = oneOf(SQUIDGUARD_FILES, match);
  return { read: (text) => readLine(text, file) };
}

function readLine(text: string, file: (typeof SQUIDGUARD_FILES)[number]): LineOutcome {
  const words = wordsOf(text);
  const [key, redirect] = words;
  if (key === undefined) return 'blank';
  if (key.text.startsWith('#')) return 'comment';
  if (file === 'expressions') return items([left(key.at, 'regex')]);
  if (opensOrEndsBlock(words)) return items([left(key.at, 'configuration')]);
  // A second word is where squidGuard redirects to; a comment is one to people only.
  const hasRedirect = redirect !== undefined && !redirect.text.startsWith('#');
  const note = hasRedirect ? 'own_redirect' : null;
  return items([file === 'domains' ? domainItem(key, note) : urlItem(key, note)]);
}

/** `dest ads {`, `}`: no list has them, but perhaps in a comment. */
function opensOrEndsBlock(words: readonly Word[]): boolean {
  if (words[0]?.text === '}') return true;
  return words.at(-1)?.text === '{' && !words.some(({ text }) => text.startsWith('#'));
}

function domainItem({ at, text }: Word, note: NoteCode | null): Item {
  if (isIpv4(text)) return entry(at, hostDraft(text, false), note);
  if (/^\.|[:/]|\.$/.test(text)) return left(at, 'no_effect');
  return isName(text) ? entry(at, hostDraft(text, true), note) : left(at, 'not_a_name');
}

function urlItem({ at, text }: Word, redirect: NoteCode | null): Item {
  if (/^[a-z]+:\/\//i.test(text)) return left(at, 'no_effect');
  const slash = text.indexOf('/');
  const host = slash === -1 ? text : text.slice(0, slash);
  if (host.includes(':')) return left(at, 'port');
  if (host.endsWith('.')) return left(at, 'no_effect');
  if (!isName(host) && !isIpv4(host)) return left(at, 'not_a_name');
  const hosts = SERVER_NAME.test(host) || isIpv4(host) ? [host] : [host, `www.${host}`];
  const path = slash === -1 ? '' : text.slice(slash);
  const drafts = hosts.flatMap((name) => draftsOf(name, path));
  return entryOf(at, drafts, redirect ?? noteOf(path));
}

function noteOf(path: ByteString): NoteCode {
  if (path === '') return 'prefix_host';
  return path.endsWith('/') && !path.includes('?') ? 'server_names' : 'prefix';
}

function draftsOf(host: ByteString, path: ByteString): Draft[] {
  if (path === '') return [hostDraft(host, false)];
  return beginningOf(hostDraft(host, false), path, true);
}
