/**
 * Every format there is. The only place that names them all; whoever handles lists asks what a format does, and not which it is.
 * It must not say what a format does: each has a file for that.
 */
import { COMPILED } from './compiled.ts';
import type { ListFormat } from './format.ts';
import { PROTECTED } from './protected.ts';
import { TEXT } from './text.ts';

/** In this order they are asked: text takes what no other recognises. */
const FORMATS: readonly ListFormat[] = [PROTECTED, COMPILED, TEXT];

const MAGICS = FORMATS.flatMap((format) => (format.segment === 'own' ? [format.magic] : []));

/** So many bytes tell where a list will lie. */
export const MAGIC_BYTES = Math.max(...MAGICS.map(({ length }) => length));

export function formatOf(bytes: Uint8Array): ListFormat {
  return FORMATS.find((format) => format.recognises(bytes)) ?? TEXT;
}

/** Why the bytes are no text list; null: they are to be read as one. @param ifCompiled what to say of what this program has made. */
export function noTextReason(bytes: Uint8Array, ifCompiled: string): string | null {
  if (formatOf(bytes).segment !== 'own') return null;
  return isServedInPlace(bytes) ? ifCompiled : 'its first bytes are neither those of text nor those of a compiled list';
}

/** Whether the bytes that begin so are served where they lie. */
export function isServedInPlace(bytes: Uint8Array): boolean {
  return MAGICS.some((magic) => magic.every((byte, i) => bytes[i] === byte));
}
