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
import { isMap, isScalar, isSeq, type Document } from 'yaml';
import { redacted } from './redact.ts';
import { nextSection } from './sections.ts';

export interface SyntaxFault {
  readonly offset: number;
  readonly message: string;
  /** The rest of its section cannot be read before it is mended. */
  readonly isBreak?: true;
}
interface LibraryError {
  readonly code: string;
  readonly message: string;
  readonly pos: readonly [number, number];
}
/** From an opening sign that is not closed to where the parser gave up. */
interface Unclosed extends SyntaxFault {
  readonly end: number;
}

/** The library's words for mistakes that share a code with others. */
const WORDS = new Map<string, (text: string, offset: number) => SyntaxFault>([
  ['Implicit keys need to be on a single line', keyFault],
  ['Implicit map keys need to be followed by map values', keyFault],
  ['Nested mappings are not allowed in compact mappings', nestedFault],
  ['All mapping items must start at the same column', atIndent('must start at the same column as the keys above it')],
  ['All sequence items must start at the same column', atIndent("must start at the same column as the '-' above it")],
  [
    'Sequence item without - indicator',
    atIndent("starts left of the other keys of its list item, and has no '-' of its own"),
  ],
  [
    'Unexpected block-seq-ind on same line with key',
    here('a list starts on a line of its own below its key, or is written [a, b]'),
  ],
  [
    'Comments must be separated from other tokens by white space characters',
    here("a blank must come before '#'; a value with '#' in it must be in quotes"),
  ],
]);
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
  const all = [
    ...unclosedIn(text, document).map(({ offset, end, message }) => ({
      offset,
      end,
      fault: () => ({ offset, message }),
    })),
    ...errors.map((error) => ({ offset: error.pos[0], end: error.pos[0], fault: () => inWords(text, error) })),
    ...repeated.map((fault) => ({ offset: fault.offset, end: null, fault: () => fault })),
  ].toSorted(byPlace);
  const told: SyntaxFault[] = [];
  let silentUntil = -1;
  // The words of what is left out are not looked for: a line may have as many errors as characters.
  for (const { offset, end, fault } of all) {
    if (offset < silentUntil) continue;
    told.push(end === null ? fault() : { ...fault(), isBreak: true });
    if (end !== null) silentUntil = nextSection(text, Math.max(offset, end));
  }
  return told.toSorted(byPlace);
}

function byPlace(a: { readonly offset: number }, b: { readonly offset: number }): number {
  return a.offset - b.offset;
}

/** Quoted texts, and lists and mappings in brackets, that have no end. */
function unclosedIn(text: string, document: Document.Parsed): readonly Unclosed[] {
  const found: Unclosed[] = [];
  const waiting: unknown[] = [document.contents];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (isMap(node)) for (const { key, value } of node.items) waiting.push(key ?? null, value ?? null);
    if (isSeq(node)) for (const item of node.items) waiting.push(item ?? null);
    if (!(isMap(node) || isSeq(node) || isScalar(node)) || !Array.isArray(node.range)) continue;
    const [start, end] = node.range;
    const sign = text[start] ?? '';
    const isOpened = isScalar(node) ? sign === '"' || sign === "'" : node.flow === true;
    const close = sign === '{' ? '}' : sign === '[' ? ']' : sign;
    if (!isOpened || (text[end - 1] === close && end - 1 > start)) continue;
    found.push({ offset: start, message: `this ${sign} has no closing ${close}`, end });
  }
  return found;
}

function inWords(text: string, { code, message, pos: [offset] }: LibraryError): SyntaxFault {
  const words = WORDS.get(message);
  if (words !== undefined) return words(text, offset);
  const sign = text[offset] ?? '';
  switch (code) {
    case 'TAB_AS_INDENT':
      return { offset, message: 'tabs are not allowed as indentation; use spaces' };
    case 'RESOURCE_EXHAUSTION':
      return { offset, message: 'nested too deeply' };
    case 'BAD_SCALAR_START':
      return { offset, message: `a value that starts with '${sign}' must be in quotes` };
    case 'BAD_DQ_ESCAPE':
      return { offset, message: 'is no escape in double quotes; in single quotes a backslash stands for itself' };
    case 'BLOCK_IN_FLOW':
      return { offset, message: 'indented keys and lists cannot stand within { } or [ ]; is one of them not closed?' };
    default:
  }
  if (code === 'UNEXPECTED_TOKEN' && (sign === ']' || sign === '}'))
    return { offset, message: `this ${sign} closes nothing` };
  // Behind a colon the parser quotes the file.
  return { offset, message: redacted((message.split(/\n|: /, 1)[0] ?? '').slice(0, MAX_MESSAGE)) };
}

function here(message: string): (text: string, offset: number) => SyntaxFault {
  return (_, offset) => ({ offset, message });
}

/** The error is the line's, wherever in it the parser noticed it. */
function atIndent(message: string): (text: string, offset: number) => SyntaxFault {
  return (text, offset) => ({ offset: firstOfLine(text, offset), message });
}

/** A key without its colon, which the parser takes for a text that goes on. */
function keyFault(text: string, offset: number): SyntaxFault {
  if (text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset).includes(':')) return nestedFault(text, offset);
  const line = lineFrom(text, offset);
  if (/^(?:<{7}|={7}|>{7})/.test(line)) return { offset, message: 'is the mark of a merge that was not finished' };
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
