/**
 * YAML text → plain data and the position of every key in it.
 *
 * The text may be anything: the size is bounded by the caller, aliases (a "billion laughs") by the parser's count here.
 * It must not interpret what it reads; the schema does.
 */
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type YAMLMap } from 'yaml';
import type { KeyPath, Position } from './fault.ts';
import { shown } from './quantities.ts';

/** An alias may be written at most this often, copies of copies counted. */
const MOST_ALIASES = 100;
/** A broken file gives a fault for each token: more than this helps nobody. */
const MOST_FAULTS = 20;

export interface SyntaxFault extends Position {
  readonly message: string;
}

export interface ParsedDocument {
  /** Plain data; undefined where the syntax is so broken that to judge the rest would only mislead. */
  readonly data: unknown;
  readonly faults: readonly SyntaxFault[];
  /** Position of the value at `path`, or of the nearest part of the way that exists. */
  readonly locate: (path: KeyPath) => Position;
  /** Position of the last key of `path` itself. */
  readonly locateKey: (path: KeyPath) => Position;
}

export function parseYaml(text: string): ParsedDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true, logLevel: 'error' });
  const at = (offset: number): Position => position(lines, offset);
  const faults = [...document.errors, ...document.warnings].slice(0, MOST_FAULTS).map(({ code, message, pos: [offset] }) => {
    const { line, column } = at(offset);
    return { line, column, message: words(code, message, text.slice(offset, offset + 64)) };
  });
  // A key given twice leaves a sound tree; after any other error the tree is guesswork.
  const isSound = document.errors.every((error) => error.code === 'DUPLICATE_KEY');
  const data = isSound ? toData(document) : { ok: true as const, value: undefined };
  if (!data.ok) faults.push({ line: 1, column: 1, message: data.reason });
  return {
    data: data.ok ? data.value : undefined,
    faults,
    locate: (path) => at(nodeOffset(document, path)),
    locateKey: (path) => at(keyOffset(document, path)),
  };
}

function toData(document: Document.Parsed): { ok: true; value: unknown } | { ok: false; reason: string } {
  try {
    return { ok: true, value: document.toJS({ maxAliasCount: MOST_ALIASES }) as unknown };
  } catch (error) {
    const reason = error instanceof Error && error.name === 'ReferenceError' ? 'too many aliases' : 'nested too deeply';
    return { ok: false, reason: `${reason}; a configuration needs none of that` };
  }
}

function words(code: string, message: string, source: string): string {
  switch (code) {
    case 'DUPLICATE_KEY':
      return `the key '${/^[\w-]+/.exec(source)?.[0] ?? ''}' is given twice`;
    case 'TAB_AS_INDENT':
      return 'tabs are not allowed as indentation; use spaces';
    case 'MULTIPLE_DOCS':
      return 'a second document starts here; a configuration is one document';
    case 'RESOURCE_EXHAUSTION':
      return 'nested too deeply';
    default:
      return shown(message.split('\n', 1)[0] ?? message);
  }
}

function nodeOffset(document: Document.Parsed, path: KeyPath): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const part of path) {
    const container = isAlias(node) ? node.resolve(document) : node;
    const pair = isMap(container) ? pairOf(container, part) : undefined;
    const next = isSeq(container) && typeof part === 'number' ? container.items[part] : pair?.value;
    // `key:` without a value: the key is the place.
    offset = startOf(next) ?? startOf(pair?.key) ?? offset;
    if (next === undefined || next === null) break;
    node = next;
  }
  return offset;
}

function keyOffset(document: Document.Parsed, path: KeyPath): number {
  const parent = path.slice(0, -1);
  const node: unknown = parent.length === 0 ? document.contents : document.getIn(parent, true);
  const container = isAlias(node) ? node.resolve(document) : node;
  const pair = isMap(container) ? pairOf(container, path.at(-1) ?? '') : undefined;
  return startOf(pair?.key) ?? nodeOffset(document, path);
}

function pairOf(map: YAMLMap, key: string | number) {
  return map.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === String(key));
}

function startOf(node: unknown): number | undefined {
  if (!(isMap(node) || isSeq(node) || isScalar(node) || isAlias(node))) return undefined;
  // A scalar that is not in the text (`key:`) has an empty range after the colon.
  if (isScalar(node) && node.value === null && node.range?.[0] === node.range?.[1]) return undefined;
  return node.range?.[0];
}

function position(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}
