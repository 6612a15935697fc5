/** Generators of hostile text and of the spellings that the contract folds. */
import fc from 'fast-check';

/** Any bytes. */
export const byteString = fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes).toString('latin1'));

/** Text made of what means something to a URL parser. */
export const escapeRich = fc
  .array(
    fc.constantFrom(
      '%',
      '2',
      '5',
      '%25',
      '%2e',
      '%2F',
      '%3f',
      '%3F',
      '?',
      '#',
      '/',
      '\\',
      '.',
      '..',
      'a',
      'B',
      '\t',
      '\r\n',
      ' ',
      '\u00e9',
      '%zz',
      '&',
      '=',
    ),
    { maxLength: 24 },
  )
  .map((parts) => parts.join(''));

/** `byte` as text: literal, or escaped, or its escape escaped again, `times` over. */
export function spelledByte(byte: number, times: number): string {
  let text = String.fromCharCode(byte);
  for (let i = 0; i < times; i += 1) {
    text = i === 0 ? `%${byte.toString(16).padStart(2, '0')}` : text.replaceAll('%', '%25');
  }
  return text;
}

/** A stream of small numbers that a spelling draws its choices from. */
export const choices = fc.array(fc.nat(11), { minLength: 8, maxLength: 64 });

export function chooser(numbers: readonly number[]): () => number {
  let at = -1;
  return () => {
    at = (at + 1) % numbers.length;
    return numbers[at]!;
  };
}

/** Bytes that are literal in a URL and in nobody's way. */
export const segmentText = fc
  .array(fc.constantFrom(...'abcXYZ019-_~!$&()*+,;=:@|"{}<>[]^`'), { minLength: 1, maxLength: 6 })
  .map((characters) => characters.join(''));
