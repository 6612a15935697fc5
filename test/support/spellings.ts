/** Every way in which a program might keep a text without meaning to (requirement 49), as byte strings to look for. */
import { createHash } from 'node:crypto';

export interface Spelling {
  readonly form: string;
  readonly bytes: Buffer;
}

/** Of a random part of a secret: it shows the secret wherever it stands in a longer text. */
export function spellingsOf(text: string): readonly Spelling[] {
  const raw = Buffer.from(text);
  const escaped = [...raw].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
  return [
    { form: 'plain', bytes: raw },
    { form: 'upper case', bytes: Buffer.from(text.toUpperCase()) },
    { form: 'two bytes a character', bytes: Buffer.from(text, 'utf16le') },
    { form: 'backwards', bytes: Buffer.from(raw.toReversed()) },
    { form: 'percent', bytes: Buffer.from(escaped) },
    { form: 'percent, upper case', bytes: Buffer.from(escaped.toUpperCase()) },
    { form: 'hexadecimal', bytes: Buffer.from(raw.toString('hex')) },
    ...[0, 1, 2].flatMap((shift) =>
      (['base64', 'base64url'] as const).map((form) => ({
        form: `${form}, shifted by ${shift}`,
        bytes: encoded(raw, shift, form),
      })),
    ),
  ];
}

/** Of a whole text, which nobody could tell from its parts. */
export function digestsOf(text: string): readonly Spelling[] {
  return ['md5', 'sha1', 'sha256'].flatMap((algorithm) => {
    const digest = createHash(algorithm).update(text).digest();
    return [
      { form: `${algorithm} of ${text.length} bytes`, bytes: digest },
      { form: `${algorithm} of ${text.length} bytes in hexadecimal`, bytes: Buffer.from(digest.toString('hex')) },
    ];
  });
}

/** What stands in the middle of the encoding of a longer text that has this part at such a place. */
function encoded(raw: Buffer, shift: number, form: 'base64' | 'base64url'): Buffer {
  const text = Buffer.concat([Buffer.alloc(shift), raw])
    .toString(form)
    .replace(/=+$/, '');
  return Buffer.from(text.slice(shift === 0 ? 0 : shift + 1, -1));
}
