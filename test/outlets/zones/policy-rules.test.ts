/**
 * What a zone says of a name, as engines read it, is what the entries say of it: for random lists and every name of a small world. Engines differ
 * in whether a wildcard reaches below names that exist (RFC 4592) or not: the rules must come to the same in both.
 */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ALLOW_BELOW, ALLOW_NAME, BLOCK_BELOW, BLOCK_NAME } from '../../../src/outlets/zones/policy-rules.ts';
import { byClosest, byLongest, host, isBlocked, lists, namesAround, rulesOf, sortedNames } from './policy-world.ts';

describe('rules', () => {
  test('for random lists: what a name is answered is what its entries say, in engines of both kinds', () => {
    fc.assert(
      fc.property(lists, fc.array(host, { maxLength: 20 }), (said, others) => {
        const rules = rulesOf(sortedNames(said));
        const asked = namesAround([...said.map((each) => each.host), ...others]);
        const wrong = [...asked].filter((name) => {
          const want = isBlocked(said, name);
          return (byLongest(rules, name) === 'block') !== want || (byClosest(rules, name) === 'block') !== want;
        });
        expect(wrong).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    { name: 'a host', said: { 'a.example': BLOCK_NAME }, want: ['a.example block'] },
    {
      name: 'a domain, with hosts below it that are covered, and one beside it',
      said: {
        'a.example': BLOCK_NAME | BLOCK_BELOW,
        'b.a.example': BLOCK_NAME,
        'c.b.a.example': BLOCK_NAME | BLOCK_BELOW,
        'a-b.example': BLOCK_NAME,
      },
      want: ['a.example block', '*.a.example block', 'a-b.example block'],
    },
    {
      name: 'an exception below a domain',
      said: { 'a.example': BLOCK_NAME | BLOCK_BELOW, 'y.x.a.example': ALLOW_NAME },
      want: [
        'a.example block',
        '*.a.example block',
        'x.a.example block',
        '*.x.a.example block',
        'y.x.a.example pass',
        '*.y.x.a.example block',
      ],
    },
    {
      name: 'an excepted domain, whatever is blocked below it',
      said: { 'a.example': ALLOW_NAME | ALLOW_BELOW, 'b.a.example': BLOCK_NAME | BLOCK_BELOW },
      want: ['a.example pass', '*.a.example pass'],
    },
    {
      name: 'the same host blocked and excepted',
      said: { 'a.example': BLOCK_NAME | ALLOW_NAME },
      want: ['a.example pass'],
    },
    {
      name: 'an exception that nothing is blocked above: it may be an alias of what is blocked',
      said: { 'a.example': BLOCK_NAME, 'shop.example': ALLOW_NAME },
      want: ['a.example block', 'shop.example pass'],
    },
    {
      name: 'a domain whose own name is excepted',
      said: { 'a.example': BLOCK_NAME | BLOCK_BELOW | ALLOW_NAME },
      want: ['a.example pass', '*.a.example block'],
    },
  ])('$name', ({ said, want }) => {
    const rules = rulesOf(sortedNames(Object.entries(said).map(([name, flags]) => ({ host: name, flags }))));
    expect([...rules].map(([owner, what]) => `${owner} ${what}`)).toEqual(want);
  });
});
