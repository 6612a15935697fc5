/** Where requests to a host go, and what stands in their Host field (RFC 9112 section 3.2.2, RFC 9110 section 4.2.3: the port only where it is not 80). */
import { expect, test } from '@jest/globals';
import { originAt } from '../../src/match/host-facts.ts';
import type { HostFacts } from '../../src/match/host-facts.ts';
import { canonicalHost } from '../../src/url/host.ts';

function factsOf(name: string): HostFacts {
  return { host: canonicalHost(name)!, listed: false, entries: [], hints: [], folds: false, origin: null };
}

test.each([
  ['a.example', 80, 'a.example:80', 'a.example'],
  ['a.example', 8080, 'a.example:8080', 'a.example:8080'],
  ['a.example', 443, 'a.example:443', 'a.example:443'],
  ['[2001:db8::1]', 80, '[2001:db8::1]:80', '[2001:db8::1]'],
  ['[2001:db8::1]', 8080, '[2001:db8::1]:8080', '[2001:db8::1]:8080'],
])('%s, port %i', (name, port, key, authority) => {
  expect(originAt(factsOf(name), port)).toEqual({ host: name, port, key, authority });
});

test('the last is kept for the next request, and is never that of another port', () => {
  const facts = factsOf('a.example');
  const first = originAt(facts, 80);
  expect(originAt(facts, 80)).toBe(first);
  expect(originAt(facts, 8080)).toMatchObject({ port: 8080, key: 'a.example:8080' });
  expect(originAt(facts, 80)).toEqual(first);
});
