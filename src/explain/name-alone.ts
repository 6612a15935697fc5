/**
 * What somebody types or pastes where a name is asked about, and is none: no resolver is ever asked for it. That it would be passed on is true, and says
 * nothing of the name in it. Pure. It must not judge a name, nor repair one.
 */
import { isIPv6 } from 'node:net';
import type { NotExplained } from '../observe/explanation.ts';

const URL_GIVEN: NotExplained = {
  code: 'usage',
  message: 'that is a URL: a resolver is asked for a name alone (name the host)',
};
const MORE_THAN_A_NAME: NotExplained = {
  code: 'usage',
  message:
    'that is more than a name: a resolver is asked for a name alone (leave out quotes, brackets, commas, a user, a port and what follows)',
};
/** What a letter, a table or a programming language has around a name. */
const AROUND = `"'\`<>()[]{}“”„‟‘’‚‛«»‹›,;`;

/** @param text without blanks around it. @returns null for every text that a resolver may be asked for. */
export function notANameAlone(text: string): NotExplained | null {
  if (isUrl(text)) return URL_GIVEN;
  const isWrapped = text !== '' && (AROUND.includes(text.charAt(0)) || AROUND.includes(text.charAt(text.length - 1)));
  return isWrapped || /[@#?|[\]]/.test(text) || (text.includes(':') && !isIPv6(text)) ? MORE_THAN_A_NAME : null;
}

/** A name has a slash in reverse zones alone (RFC 2317). */
function isUrl(text: string): boolean {
  return text.includes('://') || (text.includes('/') && !/\.arpa\.?$/i.test(text));
}
