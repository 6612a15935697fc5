/**
 * Errors of YAML → faults in the words of a configuration's author: one fault for one mistake, where the mistake is.
 *
 *   errors of the library ─┐
 *   what is not closed     ├─▶ by place ─▶ what follows from a fault before it is left out ─▶ faults
 *   keys given twice      ─┘
 *
 * A mistake ends with the next key at the start of a line: until there, further errors of syntax are what the parser guessed after the
 * first. It must not quote a value: what stands there may be a secret.
 */
import { isMap, isNode, isScalar, isSeq } from 'yaml';
import type { Document, ErrorCode, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import { redacted } from './redact.ts';
import { isMergeMark, isNextSection, nextSection } from './sections.ts';

export interface SyntaxFault {
  readonly offset: number;
  readonly message: string;
  /** The rest of its section cannot be read before it is mended. */
  readonly isBreak?: true;
}
interface LibraryError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly pos: readonly [number, number];
}
/** From an opening sign that is not closed to where the parser gave up. */
interface Unclosed extends SyntaxFault {
  readonly end: number;
}

/** What the tree shows of where the parser gave up: a code of the library stands for several mistakes. */
interface Parts {
  readonly unclosed: Unclosed[];
  /** Where keys begin that no value follows, not even an empty one. */
  readonly bareKeys: Set<number>;
  /** Where keys of a mapping may begin, and items of a list: at its start, and behind each of them. */
  readonly keyStarts: Set<number>;
  readonly itemStarts: Set<number>;
  /** Where a key begins that is a list. */
  readonly listKeys: Set<number>;
  /** Where quoted texts, and lists and mappings in brackets, end. */
  readonly ends: Set<number>;
}

/** @returns null where this mistake has no words here, and another of its code has. */
type Words = (text: string, offset: number, parts: Parts) => SyntaxFault | null;

const WORDS: Readonly<Partial<Record<ErrorCode, Words>>> = {
  MULTILINE_IMPLICIT_KEY: keyFault,
  BLOCK_AS_IMPLICIT_KEY: (text, offset, { listKeys }) => (listKeys.has(offset) ? null : nestedFault(text, offset)),
  BAD_INDENT: indentFault,
  MISSING_CHAR: missingFault,
  UNEXPECTED_TOKEN: tokenFault,
  TAB_AS_INDENT: here('tabs are not allowed as indentation; use spaces'),
  RESOURCE_EXHAUSTION: here('nested too deeply'),
  BAD_SCALAR_START: (text, offset) => ({
    offset,
    message: `a value that starts with '${text[offset] ?? ''}' must be in quotes`,
  }),
  BAD_DQ_ESCAPE: here('is no escape in double quotes; in single quotes a backslash stands for itself'),
  NON_STRING_KEY: here('a key is a word; this is a list, a mapping, or stands for one'),
  TAG_RESOLVE_FAILED: here("a value that starts with '!' must be in quotes"),
  BLOCK_IN_FLOW: here('indented keys and lists cannot stand within { } or [ ]; is one of them not closed?'),
};
/** Characters of a message of the library that has no words here. */
const MAX_MESSAGE = 300;

/** By place. `repeated`: keys given twice, which leave a sound tree. */
export function syntaxFaults(
  text: string,
  document: Document.Parsed,
  repeated: readonly SyntaxFault[],
): readonly SyntaxFault[] {
  const errors: readonly LibraryError[] = [...document.errors, ...document.warnings];
  if (errors.length === 0) return repeated.toSorted(byPlace);
  const parts = partsOf(text, document);
  const first = firstPartFault(text, document, errors);
  const all = [
    ...(first === null ? [] : [{ offset: first.offset, end: first.offset, fault: () => first }]),
    ...parts.unclosed.map(({ offset, end, message }) => ({
      offset,
      end,
      fault: () => ({ offset, message }),
    })),
    ...errors
      .filter(({ pos: [offset] }) => offset < (first?.end ?? Infinity))
      .map((error) => ({ offset: error.pos[0], end: error.pos[0], fault: () => inWords(text, error, parts) })),
    ...repeated.map((fault) => ({ offset: fault.offset, end: null, fault: () => fault })),
  ].toSorted(byPlace);
  const told: SyntaxFault[] = [];
  let silentUntil = -1;
  // The words of what is left out are not looked for: a line may have as many errors as characters.
  for (const { offset, end, fault } of all) {
    if (offset < silentUntil) continue;
    told.push(end === null ? fault() : { ...fault(), isBreak: true });
    if (end !== null) silentUntil = Math.max(nextSection(text, Math.max(offset, end)), endOfMark(text, offset));
  }
  return told.toSorted(byPlace);
}

/**
 * The first key stands elsewhere than those below it: to the parser the document ends where they begin, and each of them is an error.
 * @returns null if it does not. `end`: what is behind it was not read as what it is.
 */
function firstPartFault(text: string, { contents }: Document.Parsed, errors: readonly LibraryError[]): Unclosed | null {
  if (!(isMap(contents) || isSeq(contents)) || contents.flow === true) return null;
  const [offset, end] = rangeOf(contents);
  const behind = errors.filter(({ code, pos: [at] }) => code === 'UNEXPECTED_TOKEN' && at >= end);
  if (!behind.some(({ pos: [at] }) => isNextSection(text, at))) return null;
  // What closes nothing ends the document, too.
  const stray = closingFault(text, behind[0]?.pos[0] ?? end);
  if (stray !== null) return { ...stray, end };
  if (isSeq(contents)) return { offset, end, message: "has a '-' before it, and the keys below it have none" };
  return { offset, end, message: 'must start at the same column as the keys below it' };
}

/** What stands below a merge mark is read as a part of it. */
function endOfMark(text: string, offset: number): number {
  const below = isMergeMark(text, offset) ? text.indexOf('\n', offset) + 1 : 0;
  return below === 0 ? 0 : text.indexOf('\n', below);
}

function byPlace(a: { readonly offset: number }, b: { readonly offset: number }): number {
  return a.offset - b.offset;
}

function partsOf(text: string, document: Document.Parsed): Parts {
  const parts: Parts = {
    unclosed: [],
    bareKeys: new Set(),
    keyStarts: new Set(),
    itemStarts: new Set(),
    listKeys: new Set(),
    ends: new Set(),
  };
  const waiting: unknown[] = [document.contents];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (isMap(node)) for (const { key, value } of node.items) waiting.push(key ?? null, value ?? null);
    if (isSeq(node)) for (const item of node.items) waiting.push(item ?? null);
    if (isMap(node) || isSeq(node) || isScalar(node)) addParts(text, node, parts);
  }
  return parts;
}

function addParts(text: string, node: Scalar | YAMLMap | YAMLSeq, parts: Parts): void {
  if (!Array.isArray(node.range)) return;
  const [start, end] = node.range;
  if (isEnclosed(text, node, start)) {
    parts.ends.add(end);
    const open = unclosedAt(text, start, end);
    if (open !== null) parts.unclosed.push(open);
  } else if (isSeq(node)) {
    parts.itemStarts.add(start);
    for (const item of node.items) parts.itemStarts.add(rangeOf(item)[1]);
  } else if (isMap(node)) {
    let at = start;
    for (const { key, value } of node.items) {
      if (isSeq(key)) parts.listKeys.add(at);
      if (value === null) parts.bareKeys.add(rangeOf(key)[0]);
      parts.keyStarts.add(at);
      at = rangeOf(value ?? key)[1];
    }
    parts.keyStarts.add(at);
  }
}

/** Where it begins, and where what follows it may begin; -1: it has no place. */
function rangeOf(node: unknown): readonly [start: number, next: number] {
  return isNode(node) && Array.isArray(node.range) ? [node.range[0], node.range[2]] : [-1, -1];
}

/** A quoted text, or a list or mapping in brackets. */
function isEnclosed(text: string, node: Scalar | YAMLMap | YAMLSeq, start: number): boolean {
  return isScalar(node) ? text[start] === '"' || text[start] === "'" : node.flow === true;
}

/** @returns null if what begins there with a sign ends with its counterpart. */
function unclosedAt(text: string, start: number, end: number): Unclosed | null {
  const sign = text[start] ?? '';
  const close = sign === '{' ? '}' : sign === '[' ? ']' : sign;
  if (text[end - 1] === close && end - 1 > start) return null;
  return { offset: start, message: `this ${sign} has no closing ${close}`, end };
}

function inWords(text: string, { code, message, pos: [offset] }: LibraryError, parts: Parts): SyntaxFault {
  // Behind a colon the parser quotes the file.
  const own = (message.split(/\n|: /, 1)[0] ?? '').slice(0, MAX_MESSAGE);
  return WORDS[code]?.(text, offset, parts) ?? { offset, message: redacted(own) };
}

function here(message: string): Words {
  return (_, offset) => ({ offset, message });
}

/** Of a line: the error is its, wherever in it the parser noticed it. */
function atIndent(text: string, offset: number, message: string): SyntaxFault {
  return { offset: firstOfLine(text, offset), message };
}

function indentFault(text: string, offset: number, { keyStarts, ends }: Parts): SyntaxFault | null {
  if (ends.has(offset)) return null;
  if (isItemAt(text, offset)) return atIndent(text, offset, "must start at the same column as the '-' above it");
  return keyStarts.has(offset) ? atIndent(text, offset, 'must start at the same column as the keys above it') : null;
}

function isItemAt(text: string, offset: number): boolean {
  return /^-(?:\s|$)/.test(text.slice(offset, offset + 2));
}

function missingFault(text: string, offset: number, { bareKeys, itemStarts, ends }: Parts): SyntaxFault | null {
  if (text[offset] === '#')
    return { offset, message: "a blank must come before '#'; a value with '#' in it must be in quotes" };
  if (bareKeys.has(offset)) return keyFault(text, offset);
  // Where an item has its '-', another sign is missing: the library's, of a document.
  return itemStarts.has(offset) && !ends.has(offset) && !isItemAt(text, offset)
    ? atIndent(text, offset, "starts left of the other keys of its list item, and has no '-' of its own")
    : null;
}

function tokenFault(text: string, offset: number): SyntaxFault | null {
  const stray = closingFault(text, offset);
  if (stray !== null) return stray;
  const sign = text[offset] ?? '';
  // A key stands before it in the line.
  return sign === '-' && /:[ \t]+$/.test(text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset))
    ? { offset, message: 'a list starts on a line of its own below its key, or is written [a, b]' }
    : null;
}

/** @returns null if no bracket stands there. */
function closingFault(text: string, offset: number): SyntaxFault | null {
  const sign = text[offset] ?? '';
  return sign === ']' || sign === '}' ? { offset, message: `this ${sign} closes nothing` } : null;
}

/** A key without its colon, which the parser takes for a text that goes on. */
function keyFault(text: string, offset: number): SyntaxFault {
  if (text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset).includes(':')) return nestedFault(text, offset);
  const line = lineFrom(text, offset);
  if (isMergeMark(text, offset)) return { offset, message: 'is the mark of a merge that was not finished' };
  return { offset, message: line.includes(':') ? 'a space must follow the colon' : "has no colon; write 'key: value'" };
}

/** A mapping where a value stands already: in the line itself, or below it. */
function nestedFault(text: string, offset: number): SyntaxFault {
  if (/:(?:\s|$)/.test(lineFrom(text, offset))) return { offset, message: "a value with ': ' in it must be in quotes" };
  const below = text.indexOf('\n', offset) + 1;
  return {
    offset: firstOfLine(text, below),
    message: 'is indented further than the line above, whose key has a value already',
  };
}

function lineFrom(text: string, offset: number): string {
  const end = text.indexOf('\n', offset);
  return text.slice(offset, end === -1 ? text.length : end);
}

/** Past the blanks of the line at `offset`, and past lines of blanks alone. */
function firstOfLine(text: string, offset: number): number {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const blanks = /[^\s]/g;
  blanks.lastIndex = start;
  return blanks.exec(text)?.index ?? offset;
}
