/** Nothing is widened: what names a path or a port never refuses its host. */
import { expect, test } from '@jest/globals';
import { namedEntry } from '../../../src/list/names/named-entry.ts';
import type { ListAction } from '../../../src/lib/types.ts';
import { entryOfLine } from '../../../src/publish/entry-line.ts';

const named = (line: string, action: ListAction = 'block') => namedEntry(entryOfLine(line)!, action);

test.each([
  ['a.example', null],
  ['a.example dns', { dns: true, steer: false }],
  ['*.a.example dns expires=2027-03-31', { subdomains: true, dns: true, steer: false, expires: 20_908 }],
  ['a.example steer', { dns: false, steer: true }],
  ['a.example:8080 dns', null],
  ['a.example:8080 dns steer', { dns: false, steer: true }],
  ['http://a.example/b/* dns', null],
  ['http://a.example/* dns', null],
  ['http://a.example/b.html dns steer', { dns: false, steer: true }],
  ['http://*.a.example/ steer', { subdomains: true, dns: false, steer: true }],
  ['a.example dns steer count', null],
])('of a list that blocks, %s', (line, expected) => {
  expect(named(line)).toEqual(
    expected === null ? null : { host: 'a.example', subdomains: false, expires: 0, ...expected },
  );
});

test('an allow list takes a whole host out, whatever its entry permits, and steers nothing', () => {
  expect(named('a.example', 'allow')).toMatchObject({ dns: true, steer: false });
  expect(named('a.example steer', 'allow')).toMatchObject({ dns: true, steer: false });
  expect(named('http://a.example/b dns steer', 'allow')).toBeNull();
  expect(named('a.example:443 dns', 'allow')).toBeNull();
});

test('a list that is only counted refuses and steers nobody', () => {
  expect(named('a.example dns steer', 'count')).toBeNull();
});
