/**
 * Which files a file needs when it runs, and so which tests reach a file, at whatever distance. It reads texts and runs nothing.
 *
 *   text ─▶ mentions ─▶ the files of the tree that they name ─▶ graph ─▶ changed files ─▶ test files
 *
 * A mention is a literal that names a file: what is imported, exported from or handed to `new URL`, and the literals of
 * `join(import.meta.dirname, …)` or `join(root, …)`. The path of a file that holds no TypeScript counts wherever it stands in a literal.
 * `import type` and `export type` are left out: they are gone when the file runs, and the type check reads them. What is computed, and
 * a folder that a test walks, are not seen.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative } from 'node:path';

/** File → the files that it names. */
export type Graph = ReadonlyMap<string, readonly string[]>;

const ROOT = join(import.meta.dirname, '..', '..');
const SOURCE = /\.(?:ts|mts|mjs|cjs|js)$/;
const TYPE_SCRIPT = /\.m?ts$/;
const NO_PART = new Set(['node_modules', '.git']);

const COMMENT = /^\s*(?:\/\/|\/\*|\*).*$/gm;
const TYPE_ONLY = /^\s*(?:import|export) type\b[^;]*? from [^;]*;/gm;
const LITERAL = /(['"])((?:(?!\1)[^\\\n])*)\1|`([^`$\\\n]*)`/g;
const JOINED = /\bjoin\(\s*(import\.meta\.dirname|\w+)((?:\s*,\s*(?:'[^'\n]*'|`[^`$\n]*`))+)/g;

const IMPORTED = /\b(?:from|import)\s*\(?\s*(?:'([^'\n]*)'|"([^"\n]*)")/g;

/** A path, and the folder that it begins in. */
interface Mention {
  readonly from: 'folder of the file' | 'root';
  readonly path: string;
}

type ReadMentions = (text: string) => readonly Mention[];

/** Finds all that a file may need, in whatever process. */
export function mentionsIn(text: string): readonly Mention[] {
  const code = runningCodeOf(text);
  return [...joinedIn(code), ...literalsIn(code).map(mentionOf)];
}

/** Finds what a file imports into its own process, at once or later. */
export function importsIn(text: string): readonly Mention[] {
  return [...runningCodeOf(text).matchAll(IMPORTED)].map(([, single, double]) => mentionOf(single ?? double ?? ''));
}

function runningCodeOf(text: string): string {
  return text.replaceAll(COMMENT, '').replaceAll(TYPE_ONLY, '');
}

function literalsIn(code: string): readonly string[] {
  return [...code.matchAll(LITERAL)].map(([, , quoted, template]) => quoted ?? template ?? '');
}

function mentionOf(path: string): Mention {
  return { from: /^\.\.?\//.test(path) ? 'folder of the file' : 'root', path };
}

/** A name is taken for the root of the tree, or a copy of it: where it is another folder the path names nothing. */
function joinedIn(code: string): readonly Mention[] {
  return [...code.matchAll(JOINED)].map(([, base, parts = '']) => ({
    from: base === 'import.meta.dirname' ? 'folder of the file' : 'root',
    path: `./${literalsIn(parts).join('/')}`,
  }));
}

/** @param texts by path from the root; a file that is not read has an empty one. */
export function graphOf(texts: ReadonlyMap<string, string>, mentions: ReadMentions = mentionsIn): Graph {
  const named = ([file, text]: readonly [string, string]): readonly [string, readonly string[]] => {
    const paths = mentions(text).flatMap((mention) => pathOf(file, mention) ?? []);
    return [file, [...new Set(paths)].filter((path) => path !== file && texts.has(path))];
  };
  return new Map([...texts].map(named));
}

/** @returns null for the bare path of a module: a table that names it does not run it. */
function pathOf(file: string, { from, path }: Mention): string | null {
  if (from === 'folder of the file') return posix.join(posix.dirname(file), path);
  return TYPE_SCRIPT.test(path) && !path.startsWith('./') ? null : posix.normalize(path);
}

/** @returns the changed test files, and those that reach a changed file; sorted. */
export function testsReaching(graph: Graph, changed: readonly string[]): readonly string[] {
  const users = usersIn(graph);
  const reached = new Set(changed.filter((file) => graph.has(file)));
  for (const file of reached) for (const user of users.get(file) ?? []) reached.add(user);
  return [...reached].filter(isTest).toSorted();
}

function usersIn(graph: Graph): ReadonlyMap<string, readonly string[]> {
  const users = new Map<string, string[]>();
  for (const [file, named] of graph)
    for (const one of named) {
      const known = users.get(one);
      if (known === undefined) users.set(one, [file]);
      else known.push(file);
    }
  return users;
}

function isTest(file: string): boolean {
  return file.startsWith('test/') && file.endsWith('.test.ts');
}

/** The graph of this checkout, as its files are now. */
export function graphOfTree(mentions: ReadMentions = mentionsIn): Graph {
  const read = (path: string): string => (SOURCE.test(path) ? readFileSync(join(ROOT, path), 'utf8') : '');
  return graphOf(new Map(filesBelow(ROOT).map((path) => [path, read(path)])), mentions);
}

function filesBelow(root: string): readonly string[] {
  return readdirSync(root, { withFileTypes: true })
    .filter(({ name }) => !NO_PART.has(name))
    .flatMap((entry) => {
      if (!entry.isDirectory()) return entry.isFile() ? [entry.name] : [];
      return readdirSync(join(root, entry.name), { recursive: true, withFileTypes: true })
        .filter((one) => one.isFile())
        .map((one) => relative(root, join(one.parentPath, one.name)));
    });
}
