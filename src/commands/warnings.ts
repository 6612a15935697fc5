/** What more than one command warns of, in the same words. */
import { counted } from './terminal.ts';

/** Null: nothing to warn of. */
export function suffixWarning(publicSuffixes: number): string | null {
  if (publicSuffixes === 0) return null;
  return `${counted(publicSuffixes, 'entry covers', 'entries cover')} a public suffix or top-level domain as a whole (cleanfeed list lint names each)`;
}
