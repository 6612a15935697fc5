/** Tests of networks: for root, with the programs that make them, on a kernel that lets them be made. */
import { describe } from '@jest/globals';
import { describeWith } from '../../support/programs.ts';
import { hasNetworks, NETWORK_PROGRAMS } from './networks.ts';

/** `describe` where networks can be made and the other programs are there; in CI everywhere. */
export function describeNetwork(others: readonly string[] = []): typeof describe | typeof describe.skip {
  if (hasNetworks() || process.env['CI'] === 'true') return describeWith([...NETWORK_PROGRAMS, ...others]);
  process.stderr.write('no network namespaces are to be had (not root?): tests that need them are skipped\n');
  return describe.skip;
}
