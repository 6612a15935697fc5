/**
 * A release in a folder of its own, as an installation makes it: sources, run-time packages, Node. What is in it can then be
 * moved, replaced or written over while a process runs from it. Data thread N of it takes the file `die-N` and throws.
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

const ROOT = join(import.meta.dirname, '..', '..');

interface Lock {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly optional?: boolean }>>;
}

export class ReleaseCopy {
  readonly folder: string;
  readonly #die: string;

  /** @param folder does not exist yet. */
  constructor(folder: string) {
    this.folder = folder;
    this.#die = `${folder}-die-`;
    mkdirSync(folder, { recursive: true });
    for (const part of ['src', 'config', 'package.json', 'package-lock.json'])
      cpSync(join(ROOT, part), join(folder, part), { recursive: true });
    copyPackages(folder);
    mkdirSync(join(folder, 'node_modules', '.bin'), { recursive: true });
    symlinkSync(ownNode(), join(folder, 'node_modules', '.bin', 'node'));
    writeRecord(folder);
    const mortal = `import { rmSync } from 'node:fs';
setInterval(() => {
  try { rmSync(${JSON.stringify(this.#die)} + workerData.worker); } catch { return; }
  throw new Error('told to die');
}, 20).unref();\n`;
    appendFileSync(join(folder, 'src', 'workers', 'data-thread.ts'), mortal);
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
    cpSync(join(`${this.folder}-away`, 'src'), join(this.folder, 'src'), { recursive: true });
    cpSync(join(`${this.folder}-away`, 'package.json'), join(this.folder, 'package.json'));
    this.writeOver();
  }

  /** The same names hold something else: no module, no library, no page. */
  writeOver(): void {
    const other = `throw new Error('another release: ${'x'.repeat(1000)}');\n`;
    const own = [
      join(this.folder, 'package.json'),
      ...filesOf(join(this.folder, 'src')),
      ...filesOf(join(this.folder, 'node_modules')).filter((file) => file.endsWith('.node')),
    ];
    for (const file of own) writeFileSync(file, other);
    // These are links to the project's own: never written to.
    for (const path of runTimePackages()) {
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
function copyPackages(folder: string): void {
  const linked = spawnSync('cp', ['-al', '--parents', ...runTimePackages(), folder], { cwd: ROOT });
  if (linked.status !== 0)
    for (const path of runTimePackages()) cpSync(join(ROOT, path), join(folder, path), { recursive: true });
  for (const file of filesOf(join(folder, 'node_modules')).filter((path) => path.endsWith('.node'))) {
    copyFileSync(file, `${file}.own`);
    renameSync(`${file}.own`, file);
  }
}

/** What npm writes last: the packages that are there. */
function writeRecord(folder: string): void {
  const record: Lock = JSON.parse(readFileSync(join(ROOT, 'node_modules', '.package-lock.json'), 'utf8'));
  const packages = Object.entries(record.packages).filter(([, { dev }]) => dev !== true);
  writeFileSync(
    join(folder, 'node_modules', '.package-lock.json'),
    JSON.stringify({ ...record, packages: Object.fromEntries(packages) }),
  );
}

/** Those that `npm ci --omit=dev` installs. */
function runTimePackages(): readonly string[] {
  const { packages }: Lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  return Object.entries(packages).flatMap(([path, { dev }]) =>
    path !== '' && dev !== true && existsSync(join(ROOT, path)) ? [path] : [],
  );
}

function filesOf(folder: string): readonly string[] {
  const entries = existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }) : [];
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}
