/** Knot Resolver where the folder of the zone cannot be entered, or is not there: it does not start, and says which folder that is. */
import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { freePort } from '../support/free-port.ts';
import { programPath } from '../support/program-path.ts';
import { describeWith } from '../support/programs.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { relocated, shippedFile } from './support/relocate.ts';
import { write } from './support/site.ts';

/** It only bounds a hang. */
const BOUND_MS = 60_000;

describeWith(['kresd'])('Knot Resolver', () => {
  // Was a fault: `attempt to index local 'watcher' (a nil value)`, where somebody set up the resolver before the service had opened its folder.
  test('names a folder that it cannot watch', async () => {
    using directory = temporaryDirectory();
    const { path } = directory;
    const loader = write(path, 'cleanfeed-zone.lua', shippedFile('knot-resolver-zone.lua'));
    const configuration = relocated(shippedFile('knot-resolver.conf'), [
      ["'192.0.2.24', 53", `'127.0.0.1', ${await freePort()}`],
      ['/etc/knot-resolver/cleanfeed-zone.lua', loader],
      ['/var/lib/cleanfeed/zones', `${path}/nowhere`],
      ['192.0.2.0/24', '127.0.0.0/24'],
    ]);
    const file = write(path, 'kresd.conf', configuration);
    const { status, stdout, stderr } = spawnSync(programPath('kresd') ?? 'kresd', ['-n', '-c', file, path], {
      cwd: path,
      encoding: 'utf8',
      timeout: BOUND_MS,
    });
    expect({ status, said: `${stdout}${stderr}` }).toEqual({
      status: 1,
      said: expect.stringContaining(`${path}/nowhere cannot be watched: No such file or directory`),
    });
  });
});
