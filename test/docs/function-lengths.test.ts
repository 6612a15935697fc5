/** A function of src has at most 40 lines, or a comment before it that says why it is longer. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from '@swc/core';
import { expect, test } from '@jest/globals';
import { ROOT } from './markdown.ts';

const MOST = 40;
/** Lines before a function in which its comment ends, and how far back one is looked at. */
const BEFORE = 8;
const KINDS = new Set(
  'FunctionDeclaration FunctionExpression ArrowFunctionExpression ClassMethod PrivateMethod Constructor'.split(' '),
);

interface Place {
  readonly line: number;
  readonly lines: number;
}

/** @param text of a module. @returns its functions, inner ones too. */
function functionsOf(text: string): readonly Place[] {
  const bytes = Buffer.from(text);
  const module = parseSync(text, { syntax: 'typescript', target: 'es2024' });
  // Spans are in bytes, and go on from one parsed module to the next.
  const start = module.span.end - bytes.length;
  const lineAt = (offset: number): number =>
    bytes
      .subarray(0, offset - start)
      .toString('latin1')
      .split('\n').length;
  const found: Place[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    if ('type' in node && 'span' in node && KINDS.has(String(node.type))) {
      const span = node.span as { readonly start: number; readonly end: number };
      const line = lineAt(span.start);
      found.push({ line, lines: lineAt(span.end - 1) - line + 1 });
    }
    for (const inner of Object.values(node)) visit(inner);
  };
  visit(module.body);
  return found;
}

test('a function of more than 40 lines says why', () => {
  const silent: string[] = [];
  let count = 0;
  for (const name of readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue;
    const text = readFileSync(join(ROOT, 'src', name), 'utf8');
    // Most modules have no function that could be too long: only others are parsed.
    if (text.split('\n').length <= MOST) continue;
    const lines = text.split('\n');
    for (const { line, lines: length } of functionsOf(text)) {
      count += 1;
      if (length <= MOST) continue;
      const before = lines.slice(Math.max(0, line - 1 - BEFORE), line - 1).join('\n');
      if (!/\blong\b/i.test(before)) silent.push(`src/${name}:${line}: ${length} lines`);
    }
  }
  expect(count).toBeGreaterThan(5000);
  expect(silent).toEqual([]);
});
