/**
 * Questions to the text of a request, each answered by one loop over its characters. The way of a request through `url` and `match`
 * has no regular expression: each thread would compile it again, and again whenever the collector has thrown its code away.
 * The expressions that these loops stand for are in test/url/characters.test.ts, which compares both. It knows nothing of URLs.
 */

/* oxlint-disable typescript/no-non-null-assertion -- a character without a row, or one behind the end, is of no kind: what is undefined counts as 0 */

/** Kinds of characters, as bits: what is asked for may be several of them. */
export const KIND = {
  digit: 1,
  octal: 2,
  /** In lower case. */
  hex: 4,
  /** `/` and `\`. */
  slash: 8,
  at: 16,
  percent: 32,
  /** WHATWG "forbidden domain code points". */
  forbidden: 64,
  /** What Node's `url.parse` takes for a letter of a host name, up to Node 18 … */
  nameLetter: 128,
  /** … and what ends one for it in any case, beside slashes. */
  nameEnd: 256,
  /** RFC 3986 §2.3. */
  unreserved: 512,
} as const;

const KINDS = kindsOfBytes();

/** Ranges of Default_Ignorable_Code_Point, first and last (Unicode 17, DerivedCoreProperties.txt). */
const IGNORABLE: readonly (readonly [number, number])[] = [
  [0xad, 0xad],
  [0x34f, 0x34f],
  [0x61c, 0x61c],
  [0x115f, 0x1160],
  [0x17b4, 0x17b5],
  [0x180b, 0x180f],
  [0x200b, 0x200f],
  [0x202a, 0x202e],
  [0x2060, 0x206f],
  [0x3164, 0x3164],
  [0xfe00, 0xfe0f],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
  [0xfff0, 0xfff8],
  [0x1bca0, 0x1bca3],
  [0x1d173, 0x1d17a],
  [0xe0000, 0xe0fff],
];

/** @returns where the characters of these kinds that begin at `from` end; `from` if there are none. */
export function endOfRun(text: string, from: number, kinds: number): number {
  let at = from;
  while (at < text.length && (KINDS[text.charCodeAt(at)]! & kinds) !== 0) at += 1;
  return at;
}

/** @returns where the first character of these kinds is, from `from` on; the length of the text if there is none. */
export function findKind(text: string, from: number, kinds: number): number {
  let at = from;
  while (at < text.length && (KINDS[text.charCodeAt(at)]! & kinds) === 0) at += 1;
  return at;
}

/** Whether all characters are of these kinds, and there is one at least. */
export function isAllOf(text: string, kinds: number): boolean {
  return text !== '' && endOfRun(text, 0, kinds) === text.length;
}

export function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}

export function startsWithTwoSlashes(text: string): boolean {
  return (KINDS[text.charCodeAt(0)]! & KINDS[text.charCodeAt(1)]! & KIND.slash) !== 0;
}

/** Whether it is a character that UTS 46 takes out, or one of a few that it keeps. */
export function isIgnorable(codePoint: number): boolean {
  if (codePoint < 0xad) return false;
  for (const [first, last] of IGNORABLE) if (codePoint <= last) return codePoint >= first;
  return false;
}

function kindsOfBytes(): Uint16Array {
  const kinds = new Uint16Array(256);
  const mark = (byte: number, kind: number): void => {
    kinds[byte] = (kinds[byte] ?? 0) | kind;
  };
  const add = (characters: string, kind: number): void => {
    for (const character of characters) mark(character.charCodeAt(0), kind);
  };
  add('0123456789', KIND.digit | KIND.hex | KIND.nameLetter);
  add('01234567', KIND.octal);
  add('abcdef', KIND.hex);
  add('/\\', KIND.slash);
  add('@', KIND.at);
  add('%', KIND.percent);
  add(' #%/:<>?@[\\]^|\u007f', KIND.forbidden);
  add('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._+:-', KIND.nameLetter);
  add('"%\';<>^`{|}', KIND.nameEnd);
  add('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~', KIND.unreserved);
  for (let byte = 0; byte < 0x20; byte += 1) mark(byte, KIND.forbidden);
  for (let byte = 0x80; byte < 0x100; byte += 1) mark(byte, KIND.nameLetter);
  return kinds;
}
