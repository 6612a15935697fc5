/**
 * Would a browser ask for the address that the line covers? Browsers resolve `..` as the URL standard says, where `//` is a
 * segment of its own; the canonical form merges it first. The line then covers an address that no browser asks for, and not
 * the one that its author has seen.
 *
 *   /a//../b ─▶ browser: /a/b        canonical form: /b
 *
 * It must not be used to judge a request.
 */
import type { Entry } from '../../match/entry.ts';
import type { ByteString } from '../../url/bytes.ts';
import { FOLD, foldedTarget } from '../../url/fold.ts';
import { lintMessage } from './lint-diagnostic.ts';
import type { LintMessage } from './lint-diagnostic.ts';

/** @param address as the line spells it. */
export function browserForm({ path, fold }: Entry, address: ByteString): LintMessage | null {
  if (path.kind === 'host') return null;
  const raw = PATH.exec(address)?.[1] ?? '';
  // Only where something is resolved can it be resolved in two ways: most paths have no such segment, and no escape that may be one.
  if (!/[/\\]\.|%/.test(raw)) return null;
  // A star before a query is one of the path.
  const isDirectory = path.kind === 'directory';
  const asked = askedPath(isDirectory ? raw.replace(/\*$/, '') : raw, isDirectory ? fold & ~FOLD.slash : fold);
  if (asked === null || asked === path.path) return null;
  return lintMessage(
    'warning',
    'browser-form',
    `a browser asks for another address, ${difference(asked, path.path)}: it resolves '..' before '//' is merged; write the address as its address bar shows it`,
  );
}

/** No path is told: it may be one that nobody shall read. */
function difference(asked: ByteString, own: ByteString): string {
  const [browsers, ours] = [asked, own].map((text) => text.split('/').length - 1);
  return browsers === ours
    ? `whose path has as many segments (${browsers}) and is another one`
    : `whose path has ${browsers} segments and not ${ours}`;
}

/** Behind the authority, without query and fragment. */
const PATH = /^(?:https?:\/\/)?[^/?#\\]*([^?#]*)/i;

/** Of the request that a browser sends, in canonical form and folded; null: it sends none. */
function askedPath(raw: ByteString, fold: number): ByteString | null {
  const url = URL.parse(`http://browser.invalid${Buffer.from(raw, 'latin1').toString('utf8')}`);
  return url === null ? null : foldedTarget(url.pathname, fold).path;
}
