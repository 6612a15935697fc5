/** Debian's python3-tuf as an independent client: it knows nothing of us but the specification. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** Where Debian puts its own Python; another one in the path knows nothing of Debian's packages. */
export const PYTHON = '/usr/bin/python3';
const PACKAGE = '/usr/lib/python3/dist-packages/tuf';

const PROGRAM = `
import os, shutil, sys
from tuf.ngclient import Updater
url, folder, root, *paths = sys.argv[1:]
for name in ('metadata', 'targets'):
    os.makedirs(os.path.join(folder, name), exist_ok=True)
if not os.path.exists(os.path.join(folder, 'metadata', 'root.json')):
    shutil.copy(root, os.path.join(folder, 'metadata', 'root.json'))
updater = Updater(os.path.join(folder, 'metadata'), url + 'metadata/', os.path.join(folder, 'targets'), url + 'targets/')
updater.refresh()
for path in paths:
    info = updater.get_targetinfo(path)
    print(updater.download_target(info) if info else '')
`;

export function hasPythonTuf(): boolean {
  return existsSync(PYTHON) && existsSync(PACKAGE);
}

/**
 * One update of a client whose state is in `folder`. @param url with a slash at its end; `root`: file of the root it trusts at first.
 * @returns where each target lies now; empty: there is none of that path. Throws, with what it says, where it does not trust what it gets.
 */
export async function pythonTuf(
  { url, folder, root }: { readonly url: string; readonly folder: string; readonly root: string },
  paths: readonly string[],
): Promise<readonly string[]> {
  const { stdout } = await run(PYTHON, ['-c', PROGRAM, url, folder, root, ...paths]);
  return stdout.split('\n').slice(0, paths.length);
}
