/** The documents of this repository, and what tests ask of them: fenced blocks with the comment before them, and links. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..');

export interface Block {
  /** What stands behind the opening fence. */
  readonly language: string;
  readonly text: string;
  /** Text of the HTML comment on the line before; null: none. */
  readonly comment: string | null;
  /** Of the opening fence, 1-based. */
  readonly line: number;
}

export interface Link {
  readonly target: string;
  /** 1-based. */
  readonly line: number;
}

/** Paths of all Markdown files, relative to the repository. */
export function documentNames(): string[] {
  const folders = readdirSync(ROOT, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && !/^(?:\.|node_modules$|local$)/.test(entry.name),
  );
  const names = (entries: readonly string[], prefix = ''): string[] =>
    entries.filter((name) => name.endsWith('.md')).map((name) => join(prefix, name));
  return [
    ...names(readdirSync(ROOT)),
    ...folders.flatMap(({ name }) => names(readdirSync(join(ROOT, name), { recursive: true, encoding: 'utf8' }), name)),
  ];
}

export function document(name: string): string {
  return readFileSync(join(ROOT, name), 'utf8');
}

export function blocksOf(text: string): Block[] {
  const lines = text.split('\n');
  const blocks: Block[] = [];
  for (let i = 0; i < lines.length; i++) {
    const fence = /^```(.*)$/.exec(lines[i]!);
    if (fence === null) continue;
    const end = lines.indexOf('```', i + 1);
    if (end === -1) throw new Error(`line ${i + 1}: the block is not closed`);
    const comment = /^<!-- (.*) -->$/.exec(lines[i - 1] ?? '')?.[1] ?? null;
    blocks.push({ language: fence[1]!, text: `${lines.slice(i + 1, end).join('\n')}\n`, comment, line: i + 1 });
    i = end;
  }
  return blocks;
}

/** Targets of `[text](target)`, images included; what stands in code is no link. */
export function linksOf(text: string): Link[] {
  let isCode = false;
  return text.split('\n').flatMap((line, i) => {
    if (line.startsWith('```')) isCode = !isCode;
    if (isCode) return [];
    return [...line.replaceAll(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => ({
      target,
      line: i + 1,
    }));
  });
}

/** Cells of the rows of every table whose first heading is this one; back-ticks stay. */
export function tableRows(text: string, firstHeading: string): string[][] {
  const [, table = ''] = text.split(new RegExp(`^\\| ${firstHeading} \\|.*\\n\\|[-|: ]+\\|\\n`, 'm'));
  const [rows = ''] = table.split(/^(?!\|)/m);
  return rows
    .split('\n')
    .filter((row) => row !== '')
    .map((row) =>
      row
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim()),
    );
}

/** What stands in back-ticks. */
export function codeIn(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
}
