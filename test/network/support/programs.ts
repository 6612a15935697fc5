/** Where networks of namespaces can be made: for root, with the programs that make them, on a kernel that lets them be made. */
import { spawnSync } from 'node:child_process';
import { describe } from '@jest/globals';
import { describeWith } from '../../support/programs.ts';

const NEEDED = ['ip', 'nft', 'unshare', 'nsenter', 'sysctl'];

/** `describe` where networks can be made and the other programs are there; in CI everywhere. */
export function describeNetwork(others: readonly string[] = []): typeof describe | typeof describe.skip {
  const isPossible = spawnSync('unshare', ['--net', 'true']).status === 0;
  if (isPossible || process.env['CI'] === 'true') return describeWith([...NEEDED, ...others]);
  process.stderr.write('no network namespaces are to be had (not root?): tests that need them are skipped\n');
  return describe.skip;
}
