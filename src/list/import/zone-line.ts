/**
 * One line of a zone file (RFC 1035 §5.1) → its words. Quoted text is one word; round brackets join lines; `;` begins a comment. It
 * must not know what a record means.
 */
import type { ByteString } from '../../url/bytes.ts';
import type { Word } from './words.ts';

export interface ZoneLine {
  readonly words: readonly Word[];
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
    const character = text[at];
    if (character === ';') return { words, comment: text.slice(at + 1).trim(), depth: open };
    if (character === '(' || character === ')') open = Math.max(0, open + (character === '(' ? 1 : -1));
    if (character === '(' || character === ')' || character === ' ' || character === '\t') {
      at += 1;
      continue;
    }
    const end = character === '"' ? quoteEnd(text, at) : wordEnd(text, at);
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
  while (at < text.length && !' \t;()"'.includes(text[at] ?? '')) at += text[at] === '\\' ? 2 : 1;
  return Math.min(text.length, at);
}
