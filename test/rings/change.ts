/** What the change at hand touches, by git: for the rule on retries, for `test:changed`, and for the long tests that belong to a folder. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { topFolder } from './retry.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** A change is what was committed since then, and what is not committed. */
const SINCE = '24 hours ago';

/**
 * Paths of files that differ from the base: the revision in CLEANFEED_BASE, or the newest commit that is a day old. A file that was only
 * moved is left out.
 */
export function changedFiles(base: string = process.env['CLEANFEED_BASE'] ?? dayOldCommit()): readonly string[] {
  if (base === '') return [];
  const committed = git('diff', '--name-status', '--find-renames', base)
    .filter((line) => !line.startsWith('R100'))
    .map((line) => line.split('\t').at(-1) ?? '');
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
  return git('rev-parse', 'HEAD')[0] ?? 'unknown';
}

/** Empty: there is no git, or no history that is old enough. */
function dayOldCommit(): string {
  return git('rev-list', '-1', `--before=${SINCE}`, 'HEAD')[0] ?? '';
}

/** Lines; none where git, or what it is asked for, is not there. */
function git(...args: readonly string[]): readonly string[] {
  const { status, stdout } = spawnSync('git', [...args], { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 26 });
  return status === 0 ? stdout.split('\n').filter(Boolean) : [];
}
