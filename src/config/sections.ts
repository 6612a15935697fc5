/**
 * The sections of a configuration by its text alone: a section begins with a line that has a key, or the `-` of an item, in its first column.
 * So the others can be read where one has errors of syntax. It must not interpret what stands in them.
 */

/** What closes a list or mapping in brackets stands in the first column too, and begins nothing. */
const BEGINS = /[^\s#}\]]/;
/** Of a merge that was not finished: it may stand within a section. */
const MERGE_MARK = /^(?:<{7}|={7}|>{7})/;

/** @param offset of the first column of a line. */
export function isMergeMark(text: string, offset: number): boolean {
  return MERGE_MARK.test(text.slice(offset, offset + 7));
}

/** Where the next section after `offset` begins; behind the text where none does. */
export function nextSection(text: string, offset: number): number {
  for (let at = text.indexOf('\n', offset); at !== -1; at = text.indexOf('\n', at + 1))
    if (beginsSection(text, at + 1)) return at + 1;
  return text.length + 1;
}

/** Offset of the last line of the section that says something; null where that is the line of `offset` itself. */
export function restOfSection(text: string, offset: number): number | null {
  const end = text.indexOf('\n', offset);
  if (end === -1) return null;
  const rest = text.slice(end + 1, nextSection(text, offset));
  const last = [...rest.matchAll(/^[ \t]*[^\s#].*$/gm)].at(-1);
  return last === undefined ? null : end + 1 + last.index;
}

/** The text with those sections empty in which one of the offsets is, line by line at its place. */
export function withoutSections(text: string, offsets: readonly number[]): string {
  let left = '';
  let at = 0;
  for (const offset of offsets.toSorted((a, b) => a - b)) {
    if (offset < at) continue;
    const start = sectionStart(text, offset, at);
    const end = Math.min(nextSection(text, offset), text.length);
    left += text.slice(at, start) + text.slice(start, end).replaceAll(/[^\n]/g, '');
    at = end;
  }
  return left + text.slice(at);
}

function sectionStart(text: string, offset: number, from: number): number {
  for (let start = lineStart(text, offset); start > from; start = lineStart(text, start - 1))
    if (beginsSection(text, start)) return start;
  return from;
}

/** Whether one begins there, behind the first line. */
export function isNextSection(text: string, offset: number): boolean {
  return text[offset - 1] === '\n' && beginsSection(text, offset);
}

function beginsSection(text: string, start: number): boolean {
  return BEGINS.test(text[start] ?? '') && !isMergeMark(text, start);
}

function lineStart(text: string, offset: number): number {
  // From a place before the first sign `lastIndexOf` looks at that one.
  return offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
}
