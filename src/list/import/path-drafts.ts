/** What tools say about paths in the scopes that entries have. It must not cover an address that does not begin as the tool says. */
import type { ByteString } from '../../url/bytes.ts';
import type { Draft } from './outcome.ts';

/** One path as it stands, with its query if it has one. */
export function exactPath(draft: Draft, text: ByteString, ignoreCase: boolean): Draft {
  return { ...draft, path: { kind: 'url', text }, ignoreCase };
}

/** Of every address that begins like this: the whole directory; of a page, any query and what is below it. */
export function beginningOf(draft: Draft, text: ByteString, ignoreCase: boolean): Draft[] {
  if (text.includes('?')) return [exactPath(draft, text, ignoreCase)];
  if (text.endsWith('/')) return [{ ...draft, path: { kind: 'directory', text }, ignoreCase }];
  return [
    { ...draft, path: { kind: 'page', text }, ignoreCase },
    { ...draft, path: { kind: 'directory', text: `${text}/` }, ignoreCase },
  ];
}
