/**
 * A release in a folder of its own: what an installation makes, or a checkout with what it needs to run; its packages, Node. What is in it can then
 * be moved, replaced or written over while a process runs from it. Data thread N of it takes the file `die-N` and throws.
 */
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import { wholeRelease } from './built-release.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** The packages that a form has: a build needs no other, and sources are bundled by esbuild. */
const FORMS = {
  build: { parts: ['dist'], program: 'dist/cleanfeed.mjs', thread: 'dist/data-thread.mjs' },
  sources: { parts: ['src', 'docs'], program: 'src/cli.ts', thread: 'src/workers/data-thread.ts' },
};
export type Form = keyof typeof FORMS;

interface Lock {
  readonly packages: Readonly<Record<string, unknown>>;
}

export class ReleaseCopy {
  readonly folder: string;
  readonly program: string;
  readonly #form: Form;
  readonly #die: string;

  /** @param folder does not exist yet. */
  constructor(folder: string, form: Form) {
    const { parts, program, thread } = FORMS[form];
    this.folder = folder;
    this.#form = form;
    this.program = join(folder, program);
    this.#die = `${folder}-die-`;
    mkdirSync(folder, { recursive: true });
    const from = form === 'build' ? wholeRelease() : ROOT;
    for (const part of [...parts, 'config', 'package.json'])
      cpSync(join(from, part), join(folder, part), { recursive: true, dereference: true });
    copyPackages(folder, packagesOf(form));
    mkdirSync(join(folder, 'node_modules', '.bin'), { recursive: true });
    symlinkSync(ownNode(), join(folder, 'node_modules', '.bin', 'node'));
    if (form === 'sources') writeRecords(folder);
    const mortal = `import { rmSync } from 'node:fs';
import { workerData as told } from 'node:worker_threads';
setInterval(() => {
  try { rmSync(${JSON.stringify(this.#die)} + told.worker); } catch { return; }
  throw new Error('told to die');
}, 20).unref();\n`;
    appendFileSync(join(folder, thread), mortal);
  }

  /** That data thread dies; what takes its place lives. */
  letDie(worker: number): void {
    writeFileSync(this.#die + worker, '');
  }

  moveAway(): void {
    renameSync(this.folder, `${this.folder}-away`);
  }

  /** Another release is in its place, in which every module is another one. */
  replace(): void {
    this.moveAway();
    for (const part of [...FORMS[this.#form].parts, 'package.json'])
      cpSync(join(`${this.folder}-away`, part), join(this.folder, part), { recursive: true });
    this.writeOver();
  }

  /** The same names hold something else: no module, no library, no page. */
  writeOver(): void {
    const other = `throw new Error('another release: ${'x'.repeat(1000)}');\n`;
    const own = [
      join(this.folder, 'package.json'),
      ...FORMS[this.#form].parts.flatMap((part) => filesOf(join(this.folder, part))),
      ...filesOf(join(this.folder, 'node_modules')).filter((file) => file.endsWith('.node')),
    ];
    for (const file of own) writeFileSync(file, other);
    // These are links to the project's own: never written to.
    for (const path of packagesOf(this.#form)) {
      if (path.endsWith(NODE_PACKAGE)) continue;
      rmSync(join(this.folder, path), { recursive: true, force: true });
      mkdirSync(join(this.folder, path), { recursive: true });
      for (const name of ['package.json', 'index.js']) writeFileSync(join(this.folder, path, name), other);
    }
  }
}

const NODE_PACKAGE = `node-linux-${process.arch}`;

/** Of the copy, or the older one that set-up has brought because it does not start here. */
function ownNode(): string {
  const used = realpathSync(join(ROOT, 'node_modules', '.bin', 'node'));
  return used.includes('/.older-node/') ? used : `../${NODE_PACKAGE}/bin/node`;
}

/** As hard links where that can be, for there are many; but native libraries as files of their own. */
function copyPackages(folder: string, packages: readonly string[]): void {
  const linked = spawnSync('cp', ['-al', '--parents', ...packages, folder], { cwd: ROOT });
  if (linked.status !== 0)
    for (const path of packages) cpSync(join(ROOT, path), join(folder, path), { recursive: true });
  for (const file of filesOf(join(folder, 'node_modules')).filter((path) => path.endsWith('.node'))) {
    copyFileSync(file, `${file}.own`);
    renameSync(`${file}.own`, file);
  }
}

/** What is locked, and what npm writes last: the packages that are there. */
function writeRecords(folder: string): void {
  const there = new Set(['', ...packagesOf('sources')]);
  for (const name of ['package-lock.json', 'node_modules/.package-lock.json']) {
    const record: Lock = JSON.parse(readFileSync(join(ROOT, name), 'utf8'));
    const packages = Object.entries(record.packages).filter(([path]) => there.has(path));
    writeFileSync(join(folder, name), JSON.stringify({ ...record, packages: Object.fromEntries(packages) }));
  }
}

const NATIVE = /^node_modules\/(?:node-linux-\w+|koffi|@koromix\/[\w-]+)$/;
const BUNDLER = /^node_modules\/(?:esbuild|@esbuild\/[\w-]+)$/;
const LICENCE = /^(\S+) \d[\d.]* \(/gm;

/** Those that the form runs with. */
function packagesOf(form: Form): readonly string[] {
  const { packages }: Lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  const inBuild = form === 'build' ? new Set<string>() : packagesInBuild();
  const needs = (path: string): boolean =>
    NATIVE.test(path) ||
    inBuild.has(path.split('node_modules/').at(-1) ?? '') ||
    (form === 'sources' && BUNDLER.test(path));
  return Object.keys(packages).filter((path) => needs(path) && existsSync(join(ROOT, path)));
}

/** Names: what the build has in it, sources load. */
function packagesInBuild(): ReadonlySet<string> {
  const licences = readFileSync(join(wholeRelease(), 'dist', 'LICENSES.txt'), 'utf8');
  return new Set([...licences.matchAll(LICENCE)].map(([, name = '']) => name));
}

function filesOf(folder: string): readonly string[] {
  const entries = existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }) : [];
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}
