/** Letters beyond ASCII in both cases, said with expressions and `decodeURIComponent`; `url/letter-case.ts` must give the same. */

const CHARACTERS = /%[CD][0-9A-F]%[89AB][0-9A-F]|%E[0-9A-F](?:%[89AB][0-9A-F]){2}/g;
const ASCII: Readonly<Record<string, string>> = { '\u212a': 'k', '\u0130': 'i', '\u0131': 'i', '\u017f': 's' };

/** The path as it is, and what else it is. */
export function inAllCases(path: string): ReadonlySet<string> {
  const cased = (to: (letter: string) => string): string =>
    path.replaceAll(CHARACTERS, (escapes) => {
      const letter = decoded(escapes);
      return letter === null ? escapes : (ASCII[letter] ?? encodeURIComponent(to(letter)));
    });
  return new Set([path, cased((letter) => single(upperOf(letter).toLowerCase(), letter)), cased(upperOf)]);
}

function upperOf(letter: string): string {
  return single(letter.toUpperCase(), letter);
}

function single(text: string, otherwise: string): string {
  return text.length === 1 && text > '\u007f' ? text : otherwise;
}

function decoded(escapes: string): string | null {
  try {
    return decodeURIComponent(escapes);
  } catch {
    return null;
  }
}
