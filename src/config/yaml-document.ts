/**
 * YAML text → a tree with offsets, within bounds and in steps: whoever may write the file, or makes it by mistake, must not
 * hold up the control thread, which feeds the watchdog of the whole process (requirement 60).
 *
 *   text ──Lexer──▶ tokens, counted ──Parser──▶ depth, looked at ──Composer──▶ one document, in one go
 *
 * It must not interpret what it reads. The parts of `yaml` are put together here as its `parseDocument` does it.
 */
import { Composer, Lexer, Parser, type CST, type Document, type LineCounter } from 'yaml';
import type { Steps } from '../lib/steps.ts';

/**
 * Words, signs, line ends. What the schema permits at most, 1,000 prefixes wherever prefixes stand, takes 50,000; a tree of as
 * many as may be takes the composer 0.2 s, the longest step there is.
 */
const MAX_TOKENS = 100_000;
/** The depth of nested mappings and lists. The composer is recursive; a configuration needs twelve. */
const MAX_DEPTH = 64;
const STEP_TOKENS = 1000;

export type YamlDocument =
  | {
      readonly kind: 'document';
      readonly document: Document.Parsed;
      /** Where a second document starts; null: there is none. */ readonly second: number | null;
    }
  | { readonly kind: 'refused'; readonly offset: number; readonly reason: string };

/** Parses the text and fills `lines`; never throws. */
export function* yamlDocumentSteps(text: string, lines: LineCounter): Steps<YamlDocument> {
  const parser = new Parser(lines.addNewLine);
  const tokens: CST.Token[] = [];
  let count = 0;
  lines.addNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) tokens.push(token);
    if (parser.stack.length > MAX_DEPTH)
      return refused(parser.offset, 'nested too deeply; a configuration needs none of that');
    count += 1;
    if (count > MAX_TOKENS)
      return refused(
        parser.offset,
        `more than ${MAX_TOKENS.toLocaleString('en')} tokens come before this one; is this the configuration?`,
      );
    if (count % STEP_TOKENS === 0) yield;
  }
  for (const token of parser.end()) tokens.push(token);
  yield;
  return withoutStackTraces(() => compose(tokens, text.length));
}

function compose(tokens: readonly CST.Token[], length: number): YamlDocument {
  // Keys given twice are looked for elsewhere: the library compares each key with all before it.
  const composer = new Composer({ stringKeys: true, uniqueKeys: false, logLevel: 'error' });
  const [document, second] = firstTwo(composer.compose(tokens, true, length));
  return document === undefined
    ? refused(0, 'there is no document in it')
    : { kind: 'document', document, second: second?.range[0] ?? null };
}

function firstTwo<T>(items: Iterable<T>): T[] {
  const taken: T[] = [];
  for (const item of items) if (taken.push(item) === 2) break;
  return taken;
}

/** A broken file makes an error for each token, and each would note where it was made: nine tenths of the time. */
function withoutStackTraces<T>(work: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return work();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function refused(offset: number, reason: string): YamlDocument {
  return { kind: 'refused', offset, reason };
}
