/** Prefixes that would let anybody say who a client is: an eighth of a family or more (RFC 4291: all global addresses are such an eighth). */
import { expect, test } from '@jest/globals';
import { isEverybody, proxyProtocol } from '../../src/config/proxy-protocol.ts';

test.each([
  ['0.0.0.0/0', true],
  ['128.0.0.0/1', true],
  ['64.0.0.0/3', true],
  ['64.0.0.0/4', false],
  ['10.0.0.0/8', false],
  ['::/0', true],
  // 2000::/3 are all global unicast addresses.
  ['2000::/3', true],
  ['fc00::/7', false],
  // All of IPv4, as a socket for both families has it.
  ['::ffff:0.0.0.0/96', true],
  ['::ffff:10.0.0.0/104', false],
  ['192.0.2.1', false],
  // The schema says what is wrong with these.
  ['10.0.0.1/8', false],
  ['everybody', false],
  ['', false],
  [7, false],
  [null, false],
])('%j: %j', (prefix, want) => {
  expect(isEverybody(prefix)).toBe(want);
});

test('told at the prefix, of balancers and of origins', () => {
  const data = {
    listeners: [{}, { proxyProtocol: { from: ['192.0.2.1', '0.0.0.0/0'] } }, { proxyProtocol: { from: '::/0' } }],
    upstream: { proxyProtocol: { to: ['::/0'] } },
  };
  expect(proxyProtocol(data).map(({ path }) => path.join('.'))).toEqual([
    'listeners.1.proxyProtocol.from.1',
    'upstream.proxyProtocol.to.0',
  ]);
  for (const odd of [null, 7, [], { listeners: 7, upstream: null }]) expect(proxyProtocol(odd)).toEqual([]);
});
