import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseRuleset } from '../../src/machine/ruleset.ts';
import { describeNetwork } from '../network/support/programs.ts';

const SHIPPED = readFileSync(join(import.meta.dirname, '..', '..', 'config', 'nftables-transparent.nft'), 'utf8');

/** What nft prints of rules that it was given. */
function listed(...commands: readonly string[]): string {
  const script = `nft -f - && ${[...commands, 'nft -j list ruleset'].join(' && ')}`;
  return execFileSync('unshare', ['--net', 'sh', '-ec', script], { input: SHIPPED, encoding: 'utf8' });
}

describeNetwork()('what nft prints', () => {
  test('of the shipped rules', () => {
    expect(parseRuleset(listed())).toEqual({
      tproxies: [
        { family: 'ipv4', address: '127.0.0.1', port: 8080, mark: 0xcf },
        { family: 'ipv6', address: '::1', port: 8080, mark: 0xcf },
      ],
      keptMarks: [0xcf],
      keepsStrangers: false,
      emptyPortSets: [],
    });
  });

  test('while the filter is out of the path', () => {
    expect(parseRuleset(listed('nft flush set inet cleanfeed ports'))?.emptyPortSets).toEqual(['inet cleanfeed ports']);
  });

  test("of somebody's own rules", () => {
    const own = [
      'nft flush ruleset',
      'nft add table ip own',
      "nft add chain ip own pre '{ type filter hook prerouting priority mangle; }'",
      'nft add rule ip own pre tcp dport 80 tproxy to :3129 meta mark set 1 accept',
      'nft add rule ip own pre tcp dport 443 tproxy to 127.0.0.1 accept',
      'nft add rule ip own pre socket transparent 1 meta mark set 1 accept',
    ];
    expect(parseRuleset(listed(...own))).toEqual({
      tproxies: [{ family: 'ipv4', address: null, port: 3129, mark: 1 }],
      keptMarks: [1],
      keepsStrangers: true,
      emptyPortSets: [],
    });
  });

  test.each([
    ['socket wildcard 0 socket transparent 1 meta mark set 1', false],
    ['socket transparent 1 meta mark set 1', true],
  ])('what is kept by %j: what only a listener on all addresses fits too, %j', (rule, keepsStrangers) => {
    const own = [
      'nft flush ruleset',
      'nft add table ip own',
      "nft add chain ip own pre '{ type filter hook prerouting priority mangle; }'",
      // Elsewhere, and behind it.
      'nft add chain ip own other',
      'nft add rule ip own other socket wildcard 1 accept',
      `nft add rule ip own pre ${rule}`,
      'nft add rule ip own pre socket wildcard 1 accept',
    ];
    expect(parseRuleset(listed(...own))).toMatchObject({ keptMarks: [1], keepsStrangers });
  });

  test('of none', () => {
    expect(parseRuleset(listed('nft flush ruleset'))).toEqual({
      tproxies: [],
      keptMarks: [],
      keepsStrangers: false,
      emptyPortSets: [],
    });
  });
});

describe('anything else', () => {
  test.each(['', 'nonsense', '{}', '[]', 'null', '{"nftables":3}'])('%j is no ruleset', (text) => {
    expect(parseRuleset(text)).toBeNull();
  });

  test('is read without a fault', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), (nftables) => {
        expect(parseRuleset(JSON.stringify({ nftables }))).toMatchObject({ tproxies: [] });
      }),
    );
  });
});
