/**
 * What a zone says of a name, as engines read it, is what the entries say of it: for random lists and every name of a small world. Engines differ
 * in whether a wildcard reaches below names that exist (RFC 4592) or not: the rules must come to the same in both.
 */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  ALLOW_BELOW,
  ALLOW_NAME,
  BLOCK_BELOW,
  BLOCK_NAME,
  policyRules,
} from '../../../src/resolver/zones/policy-rules.ts';
import { SortedNames } from '../../../src/resolver/zones/sorted-names.ts';
import { isPlainName } from '../../../src/url/host.ts';

interface Said {
  readonly host: string;
  readonly flags: number;
}

/** Rules by their owner, as in the zone. */
function rulesOf(said: readonly Said[]): Map<string, 'block' | 'pass'> {
  const names = new SortedNames();
  for (const { host, flags } of said) {
    if (!isPlainName(host)) throw new Error(host);
    names.add(host, flags);
  }
  names.sort();
  const rules = new Map<string, 'block' | 'pass'>();
  for (const { start, end, below, blocked } of policyRules(names)) {
    const labels = names.bytes
      .toString('latin1', start, end - 1)
      .split('\0')
      .toReversed();
    const owner = `${below ? '*.' : ''}${labels.join('.')}`;
    expect(rules.has(owner)).toBe(false);
    rules.set(owner, blocked ? 'block' : 'pass');
  }
  return rules;
}

function parentsOf(name: string): readonly string[] {
  const labels = name.split('.');
  return labels.slice(1).map((_, i) => labels.slice(i + 1).join('.'));
}

/** The longest wildcard above it. */
function byLongest(rules: ReadonlyMap<string, string>, name: string): string | undefined {
  const wildcard = parentsOf(name).find((parent) => rules.has(`*.${parent}`));
  return rules.get(name) ?? (wildcard === undefined ? undefined : rules.get(`*.${wildcard}`));
}

/** RFC 4592: the wildcard of the closest name that exists, and no other. */
function byClosest(rules: ReadonlyMap<string, string>, name: string): string | undefined {
  const exists = new Set([...rules.keys()].flatMap((owner) => [owner].concat(parentsOf(owner))));
  if (exists.has(name)) return rules.get(name);
  const closest = parentsOf(name).find((parent) => exists.has(parent));
  return closest === undefined ? undefined : rules.get(`*.${closest}`);
}

function isBlocked(said: readonly Said[], name: string): boolean {
  const parents = parentsOf(name);
  const has = (own: number, below: number): boolean =>
    said.some(
      ({ host, flags }) => (host === name && (flags & own) !== 0) || (parents.includes(host) && (flags & below) !== 0),
    );
  return has(BLOCK_NAME, BLOCK_BELOW) && !has(ALLOW_NAME, ALLOW_BELOW);
}

const label = fc.constantFrom('a', 'b', 'a-b', 'ab', '0');
const host = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => [...labels, 'example'].join('.'));
const flags = fc.constantFrom(
  BLOCK_NAME,
  BLOCK_NAME | BLOCK_BELOW,
  BLOCK_NAME | BLOCK_BELOW,
  ALLOW_NAME,
  ALLOW_NAME | ALLOW_BELOW,
);
const lists = fc.array(fc.record({ host, flags }), { maxLength: 30 });

describe('rules', () => {
  test('for random lists: what a name is answered is what its entries say, in engines of both kinds', () => {
    fc.assert(
      fc.property(lists, fc.array(host, { maxLength: 20 }), (said, others) => {
        const rules = rulesOf(said);
        const asked = new Set(
          [...said.map((each) => each.host), ...said.flatMap((each) => parentsOf(each.host)), ...others].flatMap(
            (name) => [name, `z.${name}`, `z.b.${name}`],
          ),
        );
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
    const rules = rulesOf(Object.entries(said).map(([host, flags]) => ({ host, flags })));
    expect([...rules].map(([owner, what]) => `${owner} ${what}`)).toEqual(want);
  });
});
