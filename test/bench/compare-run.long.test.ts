/** The comparison of two versions, the whole of it against the version that is checked in. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { describeWith } from '../support/programs.ts';

const ROOT = join(import.meta.dirname, '..', '..');

describeWith(['git', 'nginx', 'wrk', 'curl', 'taskset', 'setpriv'])('npm run bench:compare', () => {
  test('the working tree beside its last commit: every answer is right, a pair gives a ratio', async () => {
    const args = [
      'HEAD',
      '--pairs',
      '1',
      '--seconds',
      '1',
      '--micro',
      'none',
      '--scenes',
      'small,bulk',
      '--list-size',
      '5000',
      '--json',
    ];
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [join(ROOT, 'bench', 'compare', 'run.ts'), ...args],
      { cwd: ROOT, env: { ...process.env, NODE_OPTIONS: '' } },
    );
    const { compared } = JSON.parse(stdout);
    expect(compared).toMatchObject([
      { name: 'small', unit: 'CPU µs/request', ratios: [expect.any(Number)], finding: 'too few pairs' },
      { name: 'bulk', unit: 'CPU ms/100 MB', ratios: [expect.any(Number)], finding: 'too few pairs' },
    ]);
    for (const { base, now } of compared) expect(Math.min(base, now)).toBeGreaterThan(0);
  });
});
