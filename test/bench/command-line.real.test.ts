/** Benches that are asked for what they do not have say so in one line, and what they have when they are asked for that. */
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';

function run(
  bench: string,
  ...args: readonly string[]
): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  const file = new URL(`../../bench/${bench}/run.ts`, import.meta.url).pathname;
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

const BENCHES =
  'compare dns explain fleet guard import inline lint load page publish tunnels zones zones-distribution'.split(' ');

describe.each(BENCHES)('the command line of %s', (bench) => {
  test('help', () => {
    const { status, stdout, stderr } = run(bench, '--help');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(`npm run bench:${bench}`);
  });

  test('an option that it does not have', () => {
    const { status, stdout, stderr } = run(bench, '--nothing');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^bench: [^\n]*'--nothing'[^\n]*\n$/);
  });
});

test('the search for slow readings wants to know of what, and for how long', () => {
  const file = new URL('../fuzz/run.ts', import.meta.url).pathname;
  const said = (...args: readonly string[]): readonly [number | null, string | undefined] => {
    const { status, stderr } = spawnSync(process.execPath, [file, ...args], { encoding: 'utf8' });
    return [status, stderr.split('\n')[0]];
  };
  expect(said('nothing')).toEqual([64, "fuzz: one target is wanted, not 'nothing'"]);
  expect(said('slowest-readings', '--seconds', '1')).toEqual([64, "fuzz: --seconds wants a number above 5, not '1'"]);
});
