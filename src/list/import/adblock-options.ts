/**
 * A rule of an ad blocker → its pattern and the options behind it: `||ads.example^$script,domain=a.example|b.example`. A file may have been made to take long:
 * each part of a rule is looked at once. It must not know what an option means.
 */
import type { ByteString } from '../../url/bytes.ts';

/** One of those behind the `$`, and where the first of them may begin. */
const OPTION = /^~?[a-z0-9_-]+(?:=|$)/i;
const FIRST_OPTION = /\$(?=~?[a-z0-9_-]+(?:=|$))/i;

/** `options` in small letters; none: all of it is the pattern. */
export function splitOptions(rule: ByteString): { readonly body: ByteString; readonly options: readonly string[] } {
  const at = optionsAt(rule);
  // An expression may hold a `$`; what stands behind it are no options unless its end is before them.
  if (at === -1 || (isRegex(rule) && !isRegex(rule.slice(0, at)))) return { body: rule, options: [] };
  return {
    body: rule.slice(0, at),
    options: rule
      .slice(at + 1)
      .toLowerCase()
      .split(','),
  };
}

export function isRegex(text: ByteString): boolean {
  return text.length > 1 && text.startsWith('/') && text.endsWith('/');
}

/** The first `$` behind which there is nothing but options, with commas between them; -1: there is none. */
function optionsAt(rule: ByteString): number {
  const pieces = rule.split(',');
  // Whatever is behind the piece with the `$` has to be options, so that it is not before this one.
  let first = pieces.length - 1;
  while (first > 0 && OPTION.test(pieces[first] ?? '')) first -= 1;
  let start = 0;
  for (const [i, piece] of pieces.entries()) {
    const found = i < first ? -1 : piece.search(FIRST_OPTION);
    if (found !== -1) return start + found;
    start += piece.length + 1;
  }
  return -1;
}
