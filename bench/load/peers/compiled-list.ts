/** The list as a compiled file, made by `cleanfeed list compile`, once for a run. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ListedUrl } from '../../data/url-list.ts';
import type { Workspace } from '../workspace.ts';
import { plainLines } from './peer.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');

/**
 * Its path. `edition`: every compilation draws another key, so two editions of one list have no byte in common; `root`: folder
 * of the version that compiles it.
 */
export function compiledList(
  list: readonly ListedUrl[],
  workspace: Workspace,
  { edition = 'list', root = ROOT } = {},
): string {
  const path = workspace.path(`cleanfeed-${edition}.bin`);
  if (existsSync(path)) return path;
  const text = workspace.write('cleanfeed-list.txt', plainLines(list));
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(root, 'src', 'cli.ts'), 'list', 'compile', text, '-o', path],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`the list cannot be compiled: ${stderr}`);
  return path;
}
