/** The files of `src` as text: their lines of code and of comments, their doc comments, what they import and export. It must not judge them. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { ROOT } from '../docs/markdown.ts';

export interface Line {
  /** 1-based. */
  readonly number: number;
  readonly text: string;
  readonly isComment: boolean;
}

interface DocComment {
  /** 1-based, of its first words. */
  readonly line: number;
  readonly text: string;
}

interface Import {
  /** Path of the imported file, relative to the repository. */
  readonly path: string;
  /** Names as the imported file has them; none where the whole module is taken (`* as`, `import()`). */
  readonly names: readonly string[];
}

export interface SourceFile {
  /** Relative to the repository. */
  readonly path: string;
  /** Blank lines are left out. */
  readonly lines: readonly Line[];
  readonly docs: readonly DocComment[];
  readonly imports: readonly Import[];
}

const FROM = /^(?:import|export)\s+(?:type\s+)?(\{[^}]*\}|\*(?: as \w+)?)\s+from\s+'(\.[^']+)'/gm;
const WHOLE = /\bimport\(\s*'(\.[^']+)'\s*\)|new URL\(\s*'(\.[^']+\.(?:ts|mjs))'/g;
const DOC = /\/\*\*([^]*?)\*\//g;

export function sourceFiles(): SourceFile[] {
  return readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:ts|mjs)$/.test(name))
    .map((name) => sourceFile(join('src', name), readFileSync(join(ROOT, 'src', name), 'utf8')));
}

export function sourceFile(path: string, text: string): SourceFile {
  return { path, lines: linesOf(text), docs: docsOf(text), imports: importsOf(path, text) };
}

/** A line is one of comment if nothing else is on it. Text in a template that looks like a comment is taken for one: there is hardly any. */
function linesOf(text: string): Line[] {
  let isInside = false;
  return text.split('\n').flatMap((line, i): Line[] => {
    const trimmed = line.trim();
    if (trimmed === '') return [];
    const opens = !isInside && trimmed.startsWith('/*');
    const isComment = isInside || opens || trimmed.startsWith('//');
    if (isInside || opens) isInside = !trimmed.includes('*/');
    return [{ number: i + 1, text: line, isComment }];
  });
}

function docsOf(text: string): DocComment[] {
  return [...text.matchAll(DOC)].map(({ index, 1: inner = '' }) => {
    const blank = /^[\s*]*/.exec(inner)?.[0] ?? '';
    return { line: text.slice(0, index + blank.length + 3).split('\n').length, text: inner.slice(blank.length) };
  });
}

function importsOf(path: string, text: string): Import[] {
  const at = (specifier = ''): string => normalize(join(dirname(path), specifier));
  const named = [...text.matchAll(FROM)].map(([, names = '', from]) => ({ path: at(from), names: namesIn(names) }));
  const whole = [...text.matchAll(WHOLE)].map(([, loaded, started]) => ({ path: at(loaded ?? started), names: [] }));
  return [...named, ...whole];
}

/** @param clause `{ a, type B as C }`; `* as d` names nothing. */
function namesIn(clause: string): readonly string[] {
  if (!clause.startsWith('{')) return [];
  const parts = clause.slice(1, -1).split(',');
  return parts
    .map((part) =>
      part
        .trim()
        .replace(/^type /, '')
        .replace(/ as .*$/, ''),
    )
    .filter(Boolean);
}
