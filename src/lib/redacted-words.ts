/**
 * Text for people and for the log, in which a mark stands for each word that must not be told. It must not decide which words those are.
 */
export const REDACTED = '[redacted]';

/** Words are what lies between blanks. */
export function redactedWords(text: string, mustBeHidden: (word: string) => boolean): string {
  return text
    .split(' ')
    .map((word) => (mustBeHidden(word) ? REDACTED : word))
    .join(' ');
}
