/**
 * `node test/house/commits.ts`, a step of .ci/run: the new commits. A subject has at most 72 characters, and a number of ratchets.json rises
 * with a reason only. New is what the base does not have, and what came after the first ratchets.json: CLEANFEED_BASE, else the default branch
 * of origin where HEAD is ahead of it, else the newest commit that is a day old. Closes with the counts that .ci/run reads.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { FILE, riseFaults } from './ratchets.ts';
import type { Ratchets } from './ratchets.ts';

const MAX_SUBJECT = 72;

interface Checked {
  readonly commits: number;
  readonly faults: readonly string[];
  /** What could not be looked at, in words. */
  readonly note: string | null;
}

/** @param folder of a work tree; one without history has no commits to look at. */
export function checkCommits(folder: string, base?: string): Checked {
  const git = (...args: readonly string[]): string | null => {
    const { status, stdout } = spawnSync('git', args, { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 26 });
    return status === 0 ? stdout.trim() : null;
  };
  if (git('rev-parse', '--verify', '-q', 'HEAD') === null)
    return nothing('there is no history here: no commit was looked at');
  // In a shallow clone the oldest commit seems to add every file; those behind it are looked at all the same.
  const first = linesOf(git('log', '--diff-filter=A', '--format=%H', '--', FILE)).at(-1);
  if (first === undefined) return nothing(`no commit has ${FILE}: none is held by it`);
  const from = base ?? ownBase(git);
  if (from !== null && git('rev-parse', '--verify', '-q', `${from}^{commit}`) === null)
    return nothing(`the base ${from} is not in this clone: no commit was looked at (fetch it, or deepen the clone)`);
  const later = new Set(linesOf(git('rev-list', '--no-merges', '--ancestry-path', `${first}..HEAD`)));
  const commits = linesOf(git('rev-list', 'HEAD', ...(from === null ? [] : [`^${from}`]))).filter((each) =>
    later.has(each),
  );
  const isShallow = git('rev-parse', '--is-shallow-repository') === 'true';
  return {
    commits: commits.length,
    faults: commits.flatMap((commit) => faultsOf(git, commit)),
    note: isShallow ? 'the clone is shallow: older commits were not looked at' : null,
  };
}

type Git = (...args: readonly string[]) => string | null;

/** @returns null if all history is new. */
function ownBase(git: Git): string | null {
  const remote = git('rev-parse', '--abbrev-ref', '-q', 'origin/HEAD');
  if (remote !== null && git('merge-base', '--is-ancestor', 'HEAD', remote) === null) return remote;
  return git('rev-list', '-1', '--first-parent', '--before=24 hours ago', 'HEAD') || null;
}

function faultsOf(git: Git, commit: string): readonly string[] {
  const subject = git('show', '-s', '--format=%s', commit) ?? '';
  const short = commit.slice(0, 12);
  const length = [...subject].length;
  const rises = riseFaults(ratchetsAt(git, `${commit}^`), ratchetsAt(git, commit));
  return [
    ...(length > MAX_SUBJECT
      ? [
          `${short}: its subject has ${length} characters, ${MAX_SUBJECT} at most: move the reason into the body (git rebase -i)`,
        ]
      : []),
    ...rises.map((fault) => `${short}: ${fault}`),
  ];
}

function ratchetsAt(git: Git, commit: string): Ratchets {
  return JSON.parse(git('show', `${commit}:${FILE}`) ?? '{}') as Ratchets;
}

function nothing(note: string): Checked {
  return { commits: 0, faults: [], note };
}

function linesOf(text: string | null): readonly string[] {
  return (text ?? '').split('\n').filter(Boolean);
}

if (import.meta.main) {
  const { commits, faults, note } = checkCommits(join(import.meta.dirname, '..', '..'), process.env['CLEANFEED_BASE']);
  if (note !== null) process.stdout.write(`commits: ${note}\n`);
  for (const fault of faults) process.stdout.write(`failed: ${fault}\n`);
  const failed = new Set(faults.map((fault) => fault.split(':')[0])).size;
  process.stdout.write(`${commits - failed} passed, ${failed} failed\n`);
  process.exitCode = failed === 0 ? 0 : 1;
}
