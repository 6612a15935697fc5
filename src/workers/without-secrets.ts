/**
 * Text that people are shown, without what a URL in it may keep secret: user information, and the query, where tokens stand. It is
 * the last guard of what status tells; it must not be a reason to put a secret into a message. Rather too much is hidden
 * than too little: a message may have been cut in the middle of a password.
 */
const HIDDEN = '***';

export function withoutSecrets(text: string): string {
  if (!text.includes('://')) return text;
  return text
    .split(/(\s)/)
    .map((word) => (word.includes('://') ? hidden(word) : word))
    .join('');
}

function hidden(word: string): string {
  const start = word.indexOf('://') + 3;
  const at = word.lastIndexOf('@');
  const host = at === -1 ? start : at;
  const shownStart = word.slice(0, start) + (at === -1 ? '' : HIDDEN);
  const rest = word.slice(host);
  const authority = /^[^/?#]*/.exec(rest)?.[0] ?? '';
  // Behind a colon that is not before a port stands what may be a password whose end was cut off.
  if (at === -1 && /:(?!\d{0,5}\D?$)/.test(authority.replace(/^\[[^\]]*\]/, ''))) return `${shownStart}${HIDDEN}`;
  const query = rest.indexOf('?');
  return shownStart + (query === -1 ? rest : `${rest.slice(0, query)}?${HIDDEN}`);
}
