/**
 * YAML text → plain data and the position of every key in it.
 *
 * The text may be anything: its bytes are bounded by the caller, tokens and depth by yaml-document.ts, aliases (a "billion
 * laughs") and faults here. It must not interpret what it reads; the schema does.
 */
import { LineCounter, type Document } from 'yaml';
import type { Steps } from '../lib/steps.ts';
import type { KeyPath, Position } from './diagnostic.ts';
import { shown } from './quantities.ts';
import { yamlDocumentSteps } from './yaml-document.ts';
import { YamlPlaces } from './yaml-places.ts';

/** How often an alias may be used, copies of copies included. */
const MAX_ALIASES = 100;
/** A broken file causes an error for each token; more than this many do not help. */
const MAX_DIAGNOSTICS = 20;

export interface SyntaxDiagnostic extends Position {
  readonly message: string;
}

export interface ParsedDocument {
  /** The plain data; undefined if the syntax is so broken that errors in the rest would mislead. */
  readonly data: unknown;
  /** The first syntax errors. */
  readonly faults: readonly SyntaxDiagnostic[];
  /** The number of further syntax errors. */
  readonly omitted: number;
  /** Returns the position of the value at `path`, or of the nearest part of the path that exists. */
  readonly locate: (path: KeyPath) => Position;
  /** Returns the position of the last key of `path` itself. */
  readonly locateKey: (path: KeyPath) => Position;
}

export function* parseYamlSteps(text: string): Steps<ParsedDocument> {
  const lines = new LineCounter();
  const parsed = yield* yamlDocumentSteps(text, lines);
  yield;
  const at = (offset: number): Position => position(lines, offset);
  if (parsed.kind === 'refused') return unread({ ...at(parsed.offset), message: parsed.reason });
  const { document, second } = parsed;
  const places = new YamlPlaces(document);
  const syntax = [...document.errors, ...document.warnings].map(({ code, message, pos: [offset] }) => ({
    offset,
    message: words(code, message),
  }));
  if (second !== null)
    syntax.push({ offset: second, message: 'a second document starts here; a configuration is one document' });
  const repeated = [...places.repeatedKeys()].map(({ key, offset }) => ({
    offset,
    message: `the key '${shown(key)}' is given twice`,
  }));
  yield;
  // A key given twice leaves a sound tree; after any other error the tree is guesswork.
  const isSound = document.errors.length === 0 && second === null;
  const data = isSound ? toData(document) : { ok: true as const, value: undefined };
  const faults = [...syntax, ...repeated].toSorted((a, b) => a.offset - b.offset);
  const first = faults.slice(0, MAX_DIAGNOSTICS).map(({ offset, message }): SyntaxDiagnostic => {
    const { line, column } = at(offset);
    return { line, column, message };
  });
  if (!data.ok) first.push({ line: 1, column: 1, message: data.reason });
  return {
    data: data.ok ? data.value : undefined,
    faults: first,
    omitted: Math.max(0, faults.length - MAX_DIAGNOSTICS),
    locate: (path) => at(places.value(path)),
    locateKey: (path) => at(places.key(path)),
  };
}

function unread(fault: SyntaxDiagnostic): ParsedDocument {
  const nowhere = (): Position => ({ line: 1, column: 1 });
  return { data: undefined, faults: [fault], omitted: 0, locate: nowhere, locateKey: nowhere };
}

function toData(document: Document.Parsed): { ok: true; value: unknown } | { ok: false; reason: string } {
  try {
    return { ok: true, value: document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown };
  } catch (error) {
    const reason = error instanceof Error && error.name === 'ReferenceError' ? 'too many aliases' : 'nested too deeply';
    return { ok: false, reason: `${reason}; a configuration needs none of that` };
  }
}

function words(code: string, message: string): string {
  switch (code) {
    case 'TAB_AS_INDENT':
      return 'tabs are not allowed as indentation; use spaces';
    case 'RESOURCE_EXHAUSTION':
      return 'nested too deeply';
    default:
      // Behind a colon the parser quotes the file.
      return shown(message.split(/\n|: /, 1)[0] ?? message);
  }
}

function position(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}
