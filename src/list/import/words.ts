/** Words of a line with their places, and what several readers ask about a word. It must not know a format. */
import type { ByteString } from '../../url/bytes.ts';
import { MAX_HOST_TEXT } from '../../url/host.ts';

export interface Word {
  /** 0-based offset in the line. */
  readonly at: number;
  readonly text: ByteString;
}

/** Between blanks. */
export function wordsOf(text: ByteString, from = 0, to = text.length): Word[] {
  const words: Word[] = [];
  let at = from;
  while (at < to) {
    while (at < to && isBlank(text, at)) at += 1;
    const start = at;
    while (at < to && !isBlank(text, at)) at += 1;
    if (at > start) words.push({ at: start, text: text.slice(start, at) });
  }
  return words;
}

export function firstNonBlank(text: ByteString): number {
  let at = 0;
  while (at < text.length && isBlank(text, at)) at += 1;
  return at;
}

function isBlank(text: ByteString, at: number): boolean {
  const character = text[at];
  return character === ' ' || character === '\t';
}

const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;
/** Brackets are no part of it. */
const IPV6 = /^[0-9a-f:]*:[0-9a-f:.]*$/i;
/** What a host name may be made of. */
const NAME = /^[\w-]+(?:\.[\w-]+)*\.?$/;
/** In any script, for tools that look up the form of it that DNS knows. */
const ANY_NAME = /^[\w\u0080-\u00ff-]+(?:\.[\w\u0080-\u00ff-]+)*\.?$/;
const NUMBERS = /^[0-9.]+$/;

export function isIpv4(text: ByteString): boolean {
  return IPV4.test(text);
}

export function isIpv6(text: ByteString): boolean {
  return IPV6.test(text);
}

/** A name, and no address. What is longer than a host may be is none in any spelling. */
export function isName(text: ByteString): boolean {
  return text.length <= MAX_HOST_TEXT && NAME.test(text) && !NUMBERS.test(text);
}

export function isNameInAnyScript(text: ByteString): boolean {
  return text.length <= MAX_HOST_TEXT && ANY_NAME.test(text) && !NUMBERS.test(text);
}

/** Without the line's comment and the blanks before it. `comment`: its text, without the mark. */
export function splitComment(text: ByteString, mark: string): { readonly end: number; readonly comment: ByteString } {
  const hash = text.indexOf(mark);
  return hash === -1 ? { end: text.length, comment: '' } : { end: hash, comment: text.slice(hash + 1).trim() };
}
