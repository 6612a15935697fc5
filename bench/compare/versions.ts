/**
 * The two versions that are compared: the working tree as it is, and another revision in a folder of its own, with the
 * packages that its own lock file names. Both run under the Node that runs this, unless the other is given one of its own.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../command-line.ts';
import type { OtherNode } from '../load/other-node.ts';
import type { Workspace } from '../load/workspace.ts';

export interface Version {
  readonly name: 'base' | 'now';
  readonly root: string;
  /** As git describes it. */
  readonly revision: string;
  /** Path of the Node that it runs under. */
  readonly node: string;
}

const ROOT = join(import.meta.dirname, '..', '..');
const LOCK = 'package-lock.json';

export function workingTree(): Version {
  return { name: 'now', root: ROOT, revision: git('describe', '--always', '--dirty'), node: process.execPath };
}

/** `node`: of its own. Throws UsageError where there is no such revision. */
export function checkedOut(base: string, workspace: Workspace, node: OtherNode | null): Version {
  const commit = commitOf(base);
  const root = workspace.folder('base');
  const archive = workspace.path('base.tar');
  git('archive', '--format=tar', '-o', archive, commit);
  execFileSync('tar', ['-xf', archive, '-C', root]);
  installPackages(root);
  const revision = git('describe', '--always', commit);
  return node === null
    ? { name: 'base', root, revision, node: process.execPath }
    : { name: 'base', root, revision: `${revision} under Node ${node.version}`, node: node.program };
}

/** @returns whether the history of this clone has the revision; without git, or outside of a clone, it has none. */
export function isKnown(base: string): boolean {
  try {
    return commitOf(base) !== '';
  } catch {
    return false;
  }
}

function commitOf(base: string): string {
  try {
    return git('rev-parse', '--verify', '--quiet', '--end-of-options', `${base}^{commit}`);
  } catch (error) {
    throw new UsageError(`git knows no revision '${base}'`, { cause: error });
  }
}

/** Those of the working tree where they are the same, by a link: nothing is fetched. */
function installPackages(root: string): void {
  const lock = (folder: string): string => readFileSync(join(folder, LOCK), 'utf8');
  if (lock(root) === lock(ROOT)) return symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  mkdirSync(join(root, 'node_modules'));
  execFileSync('npm', ['ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
}

function git(...args: readonly string[]): string {
  return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();
}
