/**
 * One line of a zone file (RFC 1035 §5.1) → its words. Quoted text is one word; round brackets join lines; `;` begins a comment. It
 * must not know what a record means.
 */
import type { ByteString } from '../../url/bytes.ts';
import type { Word } from './words.ts';

const [SEMICOLON, OPEN, CLOSE, QUOTE, BACKSLASH] = [0x3b, 0x28, 0x29, 0x22, 0x5c] as const;
/** By byte: 1 for a blank, and for what begins something else. Files have a million lines, each of which is read three times. */
const ENDS_WORD = Uint8Array.from({ length: 256 }, (_, byte) =>
  ' \t;()"'.includes(String.fromCharCode(byte)) ? 1 : 0,
);

export interface ZoneLine {
  readonly words: Word[];
  /** Text behind `;`; null: there is none. */
  readonly comment: ByteString | null;
  /** Brackets that are open behind it. */
  readonly depth: number;
}

/** @param depth brackets that are open before it. */
export function zoneLine(text: ByteString, depth: number): ZoneLine {
  const words: Word[] = [];
  let open = depth;
  let at = 0;
  while (at < text.length) {
    const character = text.charCodeAt(at);
    if (character === SEMICOLON) return { words, comment: text.slice(at + 1).trim(), depth: open };
    if (character === OPEN) open += 1;
    else if (character === CLOSE) open = Math.max(0, open - 1);
    if (ENDS_WORD[character] === 1 && character !== QUOTE) {
      at += 1;
      continue;
    }
    const end = character === QUOTE ? quoteEnd(text, at) : wordEnd(text, at);
    words.push({ at, text: text.slice(at, end) });
    at = end;
  }
  return { words, comment: null, depth: open };
}

/** With its quotes; a backslash keeps the next character. */
function quoteEnd(text: ByteString, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return Math.min(text.length, at + 1);
}

function wordEnd(text: ByteString, start: number): number {
  let at = start;
  while (at < text.length) {
    const character = text.charCodeAt(at);
    if (ENDS_WORD[character] === 1) break;
    at += character === BACKSLASH ? 2 : 1;
  }
  return Math.min(text.length, at);
}
