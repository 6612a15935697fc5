/**
 * All small changes that can be made to one source file: a comparison turned, a statement left out, a number one higher.
 * A test of the module should fail for each of them.
 *
 *   source ──swc──▶ syntax tree ──one rule a kind of node──▶ mutations (byte offsets into the source)
 *
 * Types, imports and the names of properties are left alone: no test can see them change. Reads and writes no file.
 */
import { parseSync } from '@swc/core';

export interface Mutation {
  /** Byte offsets. */
  readonly start: number;
  readonly end: number;
  readonly was: string;
  readonly now: string;
  /** From 1. */
  readonly line: number;
  /** The line as it is, trimmed. */
  readonly text: string;
}

interface Node {
  readonly type: string;
  readonly span: { readonly start: number; readonly end: number };
  readonly [key: string]: unknown;
}

/** A part of the source, and the texts that may stand in its place. */
interface Change {
  readonly start: number;
  readonly end: number;
  readonly now: readonly string[];
}

/** What an operator is exchanged for. */
const OPERATORS: Readonly<Record<string, readonly string[]>> = {
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '===': ['!=='],
  '!==': ['==='],
  '&&': ['||'],
  '||': ['&&'],
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '%': ['*'],
  '&': ['|'],
  '|': ['&'],
  '^': ['&'],
  '<<': ['>>'],
  '>>': ['<<'],
  '>>>': ['<<'],
  '+=': ['-='],
  '-=': ['+='],
  '|=': ['&='],
  '&=': ['|='],
  '^=': ['|='],
  '++': ['--'],
  '--': ['++'],
};

const EMPTY_STATEMENT = ';';

/** Nodes that keep an expression beside a type. */
const TYPED_EXPRESSIONS: ReadonlySet<string> = new Set([
  'TsNonNullExpression',
  'TsAsExpression',
  'TsConstAssertion',
  'TsSatisfiesExpression',
]);

const IMPORTS: ReadonlySet<string> = new Set(['ImportDeclaration', 'ExportNamedDeclaration', 'ExportAllDeclaration']);

/** @returns every mutation of a source, in its order. */
export function mutationsOf(source: string): readonly Mutation[] {
  const bytes = Buffer.from(source, 'utf8');
  const changes: Change[] = [];
  visit(parseSync(source, { syntax: 'typescript', target: 'es2024' }), bytes, changes);
  return changes
    .toSorted((a, b) => a.start - b.start)
    .flatMap(({ start, end, now }) => {
      const lineStart = bytes.lastIndexOf('\n', start) + 1;
      const lineEnd = bytes.indexOf('\n', start);
      const line = bytes.subarray(0, start).toString('utf8').split('\n').length;
      const text = bytes.toString('utf8', lineStart, lineEnd === -1 ? bytes.length : lineEnd).trim();
      const was = bytes.toString('utf8', start, end);
      return now.map((one) => ({ start, end, was, now: one, line, text }));
    });
}

/** @returns the source with one mutation made. */
export function mutated(source: string, { start, end, now }: Mutation): string {
  const bytes = Buffer.from(source, 'utf8');
  return `${bytes.toString('utf8', 0, start)}${now}${bytes.toString('utf8', end)}`;
}

function visit(value: unknown, bytes: Buffer, changes: Change[]): void {
  if (Array.isArray(value)) {
    for (const one of value) visit(one, bytes, changes);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  if (isNode(value)) {
    if (IMPORTS.has(value.type) || isType(value)) return;
    const change = changeOf(value, bytes);
    if (change !== null) changes.push(change);
    if (TYPED_EXPRESSIONS.has(value.type)) {
      visit(value['expression'], bytes, changes);
      return;
    }
  }
  for (const [key, child] of Object.entries(value)) if (!isName(key, child)) visit(child, bytes, changes);
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'span' in value;
}

function isType({ type }: Node): boolean {
  return type.startsWith('Ts') && !TYPED_EXPRESSIONS.has(type);
}

/** The name of a property is no value; a computed one is. */
function isName(key: string, child: unknown): boolean {
  return key === 'key' && isNode(child) && child.type !== 'Computed';
}

function changeOf(node: Node, bytes: Buffer): Change | null {
  switch (node.type) {
    case 'BinaryExpression':
      return binary(node, bytes);
    case 'AssignmentExpression':
    case 'UpdateExpression':
      return exchanged(node, bytes, start(node), end(node));
    case 'UnaryExpression':
      return node['operator'] === '!' ? { start: start(node), end: start(node) + 1, now: [''] } : null;
    case 'IfStatement':
    case 'ConditionalExpression':
      return whole(node['test'], ['true', 'false']);
    case 'ExpressionStatement':
    case 'ThrowStatement':
    case 'BreakStatement':
    case 'ContinueStatement':
      return whole(node, [EMPTY_STATEMENT]);
    case 'BooleanLiteral':
      return whole(node, [String(node['value'] === false)]);
    case 'NumericLiteral':
      return whole(node, [String(Number(node['value']) + 1)]);
    case 'StringLiteral':
      return whole(node, [node['value'] === '' ? "'mutated'" : "''"]);
    default:
      return null;
  }
}

function binary(node: Node, bytes: Buffer): Change | null {
  const { left, right } = node;
  if (!isNode(left) || !isNode(right)) return null;
  if (node['operator'] === '??') return { start: end(left), end: end(right), now: [''] };
  return exchanged(node, bytes, end(left), start(right));
}

/** The operator of a node, looked for between two places. */
function exchanged(node: Node, bytes: Buffer, from: number, to: number): Change | null {
  const operator = String(node['operator']);
  const now = OPERATORS[operator];
  const at = bytes.indexOf(operator, from);
  return now === undefined || at === -1 || at >= to ? null : { start: at, end: at + operator.length, now };
}

function whole(node: unknown, now: readonly string[]): Change | null {
  return isNode(node) ? { start: start(node), end: end(node), now } : null;
}

/** Spans of swc count from 1. */
function start({ span }: Node): number {
  return span.start - 1;
}

function end({ span }: Node): number {
  return span.end - 1;
}
