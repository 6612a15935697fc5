/** Names that a zone leaves out, with the suffixes that are shipped. */
import { expect, test } from '@jest/globals';
import { PUBLIC_SUFFIXES } from '../../../src/list/sanity/suffix-rows.ts';
import { suffixesIn, UnfitNames } from '../../../src/outlets/zones/unfit-names.ts';
import type { CanonicalHost } from '../../../src/url/host.ts';

const unfit = new UnfitNames('block.rpz.example', ['www.bank.example'], suffixesIn(PUBLIC_SUFFIXES));
const LONGEST = 253 - '.block.rpz.example'.length;

function reasonOf(text: string, isException = false): string | null {
  const subdomains = text.startsWith('*.');
  // Some are what no grammar gives: the zone must not depend on it.
  const host = (subdomains ? text.slice(2) : text) as CanonicalHost;
  return unfit.reasonOf({ host, subdomains, dns: true, steer: false, expires: 0 }, isException);
}

function ofLength(length: number): string {
  return (
    'a.'
      .repeat(130)
      .slice(0, length - 3)
      .replace(/\.$/, 'b') + '.ex'
  );
}

test.each([
  { name: 'host.example', want: null },
  { name: '*.host.example', want: null },
  { name: '_dmarc.host.example', want: null },
  { name: 'host.1b', want: null },
  { name: '192.0.2.1', want: 'address' },
  { name: '[2001:db8::1]', want: 'address' },
  { name: 'a b.example', want: 'characters' },
  { name: 'a\nb.example', want: 'characters' },
  { name: '*.*.example', want: 'characters' },
  { name: 'a..example', want: 'characters' },
  { name: '', want: 'characters' },
  { name: '8.0.0.0.10.rpz-client-ip', want: 'characters' },
  { name: '24.2.0.192.rpz-ip', want: 'characters' },
  { name: '24.2.0.192.rpz-nsip', want: 'characters' },
  { name: '*.com.rpz-nsdname', want: 'characters' },
  { name: 'rpz-ip.example', want: null },
  { name: 'localhost', want: 'suffix' },
  { name: 'com', want: 'suffix' },
  { name: '*.co.uk', want: 'suffix' },
  { name: 'co.uk', want: 'suffix' },
  { name: 'github.io', want: 'suffix' },
  { name: 'someone.github.io', want: null },
  { name: 'anything.ck', want: 'suffix' },
  { name: 'www.ck', want: null },
  { name: 'shop.anything.ck', want: null },
  { name: '*.amazonaws.com', want: 'suffix' },
  { name: 'amazonaws.com', want: null },
  { name: 'www.bank.example', want: 'protected' },
  { name: '*.bank.example', want: 'protected' },
  { name: 'bank.example', want: null },
  { name: '*.shop.www.bank.example', want: null },
  { name: ofLength(LONGEST), want: null },
  { name: ofLength(LONGEST + 1), want: 'length' },
  { name: `*.${ofLength(LONGEST - 2)}`, want: null },
  { name: `*.${ofLength(LONGEST - 1)}`, want: 'length' },
])('$name: $want', ({ name, want }) => {
  expect(reasonOf(name)).toBe(want);
});

test('an exception may be anything that a zone can name', () => {
  expect(['www.bank.example', '*.co.uk', 'a b.example', '192.0.2.1'].map((name) => reasonOf(name, true))).toEqual([
    null,
    null,
    'characters',
    'address',
  ]);
});
