/** docs/list-format.md says what the parser does: every example is parsed. */
import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import type { ListAction } from '../../../src/lib/types.ts';
import { LINT_RULES } from '../../../src/list/lint/lint-diagnostic.ts';
import { parseTextList } from '../../../src/list/text/grammar.ts';

const DOCUMENT = readFileSync(new URL('../../../docs/list-format.md', import.meta.url), 'utf8');

const kinds = (text: string, action: ListAction = 'block'): string[] =>
  [...parseTextList(Buffer.from(text), { list: 0, action })].map((outcome) =>
    outcome.kind === 'entry' ? outcome.entry.path.kind : outcome.kind,
  );

const blocks = (info: string): string[] =>
  [...DOCUMENT.matchAll(/^```(list.*)\n([^]*?)^```$/gm)].filter((match) => match[1] === info).map((match) => match[2]!);

describe('docs/list-format.md', () => {
  test.each([
    { info: 'list', action: 'block' as const },
    { info: 'list allow', action: 'allow' as const },
  ])('examples `$info` are well formed', ({ info, action }) => {
    expect(blocks(info).length).toBeGreaterThan(0);
    expect(blocks(info).flatMap((block) => kinds(block, action))).not.toContain('error');
  });

  test('every line of the faulty example is a fault', () => {
    const outcomes = blocks('list faulty').flatMap((block) => kinds(block));
    expect(outcomes.length).toBeGreaterThan(5);
    expect(new Set(outcomes)).toEqual(new Set(['error']));
  });

  const rows = [...DOCUMENT.matchAll(/^\| `([^`]+)` \| (host|directory|page|url) \|/gm)].map(
    (match) => [match[1]!, match[2]!] as const,
  );

  test.each(rows)('%s is of scope %s', (line, scope) => {
    expect(kinds(`${line}\n`)).toEqual([scope]);
  });

  test('the table is there, with every scope', () => {
    expect(new Set(rows.map(([, scope]) => scope))).toEqual(new Set(['host', 'directory', 'page', 'url']));
  });
});

describe('docs/list-format.md on lint', () => {
  test('names every rule and no other', () => {
    const named = [...DOCUMENT.matchAll(/^\| `([a-z-]+)` \| (?:error|warning|note) \|/gm)].map((match) => match[1]);
    expect(named).toHaveLength(LINT_RULES.length);
    expect(new Set(named)).toEqual(new Set<string>(LINT_RULES));
  });
});
