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
import { restOfSection, withoutSections } from './sections.ts';
import { syntaxFaults, type SyntaxFault } from './syntax-faults.ts';
import { yamlDocumentSteps } from './yaml-document.ts';
import { YamlPlaces } from './yaml-places.ts';

/** Of nodes, where each alias counts as what it stands for: as many as tokens. */
const MAX_EXPANDED = 100_000;
/** Aliases in one file: the library looks for each from the beginning of the tree. */
const MAX_ALIASES = 1000;
/** A broken file causes an error for each token; more than this many do not help. */
const MAX_DIAGNOSTICS = 20;

interface SyntaxDiagnostic extends Position {
  readonly message: string;
}

export interface ParsedDocument {
  /** The plain data; undefined if the syntax is so broken that errors in the rest would mislead. */
  readonly data: unknown;
  /** The first syntax errors. */
  readonly faults: readonly SyntaxDiagnostic[];
  /** The number of further syntax errors. */
  readonly omitted: number;
  /** The same file without the sections that have errors of syntax; null: there are none, or nothing is left to be read. */
  readonly rest: ParsedDocument | null;
  /** Returns the position of the value at `path`, or of the nearest part of the path that exists. */
  readonly locate: (path: KeyPath) => Position;
  /** Returns the position of the last key of `path` itself. */
  readonly locateKey: (path: KeyPath) => Position;
}

export function* parseYamlSteps(text: string): Steps<ParsedDocument> {
  return yield* documentSteps(text, false);
}

/** @param isRest of a file with errors: where there are others in it, nothing is read again. */
function* documentSteps(text: string, isRest: boolean): Steps<ParsedDocument> {
  const lines = new LineCounter();
  const parsed = yield* yamlDocumentSteps(text, lines);
  yield;
  const at = (offset: number): Position => position(lines, offset);
  if (parsed.kind === 'refused') return refused({ ...at(parsed.offset), message: parsed.reason });
  const { document, second } = parsed;
  const places = new YamlPlaces(document);
  const repeated = [...places.repeatedKeys()].map(({ key, offset }) => ({
    offset,
    message: `the key '${shown(key)}' is given twice`,
  }));
  const faults = [
    ...syntaxFaults(text, document, repeated),
    ...(second === null
      ? []
      : [{ offset: second, message: 'a second document starts here; a configuration is one document' }]),
  ];
  yield;
  // A key given twice leaves a sound tree; after any other error the tree is guesswork.
  const isSound = document.errors.length === 0 && second === null;
  const data = isSound ? toData(document, places) : { ok: true as const, value: undefined };
  const first = faults.slice(0, MAX_DIAGNOSTICS).map(({ offset, message, isBreak }): SyntaxDiagnostic => {
    const last = isBreak === true ? restOfSection(text, offset) : null;
    const { line, column } = at(offset);
    return { line, column, message: message + (last === null ? '' : unread(at(last))) };
  });
  if (!data.ok) first.push({ ...at(data.offset), message: data.reason });
  const rest = isSound || second !== null || isRest ? null : yield* restSteps(text, faults);
  return {
    data: data.ok ? data.value : undefined,
    faults: first,
    omitted: Math.max(0, faults.length - MAX_DIAGNOSTICS),
    rest,
    locate: (path) => at(places.value(path)),
    locateKey: (path) => at(places.key(path)),
  };
}

/** Nothing of it can be read. */
function refused(fault: SyntaxDiagnostic): ParsedDocument {
  const nowhere = (): Position => ({ line: 1, column: 1 });
  return { data: undefined, faults: [fault], omitted: 0, rest: null, locate: nowhere, locateKey: nowhere };
}

/** Whoever mends the fault has to know that there may be more. */
function unread({ line }: Position): string {
  return ` (the rest of this section, to line ${line}, is not checked until then)`;
}

function* restSteps(text: string, faults: readonly SyntaxFault[]): Steps<ParsedDocument | null> {
  const left = withoutSections(
    text,
    faults.map(({ offset }) => offset),
  );
  if (left.trim() === '') return null;
  yield;
  const rest = yield* documentSteps(left, true);
  return typeof rest.data === 'object' && rest.data !== null ? rest : null;
}

type Data =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly offset: number; readonly reason: string };

function toData(document: Document.Parsed, places: YamlPlaces): Data {
  const unknown = places.aliasOfNothing();
  if (unknown !== null) {
    const reason = "no '&' with this name comes before; a value with '*' must be in quotes";
    return { ok: false, offset: unknown, reason };
  }
  const endless = places.endlessAlias();
  if (endless !== null) return { ok: false, offset: endless, reason: 'stands for what it is in, and has no end' };
  const over = places.aliasTooMany(MAX_ALIASES) ?? places.aliasTooLarge(MAX_EXPANDED);
  if (over !== null) return unneeded('too many aliases', over);
  try {
    // What they stand for has been counted, and the library's own count goes through the whole tree for each of them.
    const value: unknown = document.toJS({ maxAliasCount: -1 });
    return { ok: true, value };
  } catch {
    return unneeded('nested too deeply', 0);
  }
}

function unneeded(what: string, offset: number): Data {
  return { ok: false, offset, reason: `${what}; a configuration needs none of that` };
}

function position(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}
