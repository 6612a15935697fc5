/** The include file, text by text; that BIRD takes it is shown in test/network/route-feed.real.test.ts. */
import { expect, test } from '@jest/globals';
import { birdFile } from '../../../src/outlets/routes/bird-file.ts';

test('both families, each with its communities, in tables of their own', () => {
  expect(birdFile(['203.0.113.10', '2001:db8::10'], [64500, 666])).toContain(`protocol static cleanfeed_steer4 {
	ipv4 { table steer4; };
	route 203.0.113.10/32 blackhole { bgp_community.add((65535, 65281)); bgp_community.add((64500, 666)); };
}
protocol static cleanfeed_steer6 {
	ipv6 { table steer6; };
	route 2001:db8::10/128 blackhole { bgp_community.add((65535, 65281)); bgp_community.add((64500, 666)); };
}
`);
});

test('without a community NO_EXPORT stays', () => {
  expect(birdFile(['203.0.113.10'], null)).toContain('blackhole { bgp_community.add((65535, 65281)); };');
});

test('in any order the same text, and without routes both protocols', () => {
  expect(birdFile(['203.0.113.2', '203.0.113.1'], null)).toBe(birdFile(['203.0.113.1', '203.0.113.2'], null));
  expect(birdFile([], null)).toMatch(/cleanfeed_steer4 [^]*cleanfeed_steer6 /);
});
