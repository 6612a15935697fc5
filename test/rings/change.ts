/** What the change at hand touches, by git: for the rule on retries, for `test:changed`, and for the long tests that belong to a folder. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { topFolder } from './retry.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** A change is what was committed since then, and what is not committed. */
const SINCE = '24 hours ago';

/** What git knows before any commit: everything differs from it. */
const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

/**
 * Paths of files that differ from the base: the revision in CLEANFEED_BASE, or the newest commit that is a day old; where the history is
 * younger, all files. A file that was only moved is left out.
 * @throws where git cannot tell
 */
export function changedFiles(base: string = process.env['CLEANFEED_BASE'] ?? dayOldCommit()): readonly string[] {
  const committed = git('diff', '--name-status', '--find-renames', base)
    .filter((line) => !line.startsWith('R100'))
    .flatMap((line) => line.split('\t').slice(1));
  return [...new Set([...committed, ...git('ls-files', '--others', '--exclude-standard')])];
}

/** Lists what is not committed; where all is committed, the files of the last commit. */
export function lastChange(): readonly string[] {
  const uncommitted = changedFiles('HEAD');
  return uncommitted.length > 0 ? uncommitted : changedFiles('HEAD~1');
}

export function changedFolders(files: readonly string[]): ReadonlySet<string> {
  return new Set(files.filter((file) => /^(?:src|test)\//.test(file)).map(topFolder));
}

export function headCommit(): string {
  try {
    return git('rev-parse', 'HEAD')[0] ?? 'unknown';
  } catch {
    return 'unknown';
  }
}

function dayOldCommit(): string {
  return git('rev-list', '-1', '--first-parent', `--before=${SINCE}`, 'HEAD')[0] ?? EMPTY_TREE;
}

/** Lines. @throws where git, or what it is asked for, is not there. */
function git(...args: readonly string[]): readonly string[] {
  const { status, stdout, stderr, error } = spawnSync('git', [...args], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (status !== 0) throw new Error(`git ${args.join(' ')}: ${error?.message ?? stderr.trim()}`);
  return stdout.split('\n').filter(Boolean);
}
