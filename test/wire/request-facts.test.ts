/** Targets and hosts out of a line that is found already; whole heads: observed-request.test.ts. */
import { expect, test } from '@jest/globals';
import { CONNECTION } from '../../src/wire/connection-field.ts';
import { RequestFacts, VERSION_09 } from '../../src/wire/request-facts.ts';

test.each([
  ['/\xc3\xa0', true],
  ['/\xe2\x80\x85', true],
  ['/\xf0\x9f\x98\x85', true],
  ['/a\xa0', false],
  ['/a\x85', false],
  ['/\xc3\xa9\xa0', false],
  ['/\x80\x85', false],
  ['/\xa0/', true],
  ['\xa0', false],
  ['http://a.example?x', true],
  ['http://a.example/?/x', true],
  // HAProxy asks for /x, others for / with a query.
  ['http://a.example?/x', false],
])('target %j is one to everybody: %s', (target, want) => {
  const facts = new RequestFacts();
  facts.targetEnd = target.length;
  expect(facts.readTarget(Buffer.from(target, 'latin1'))).toBe(want);
});

test.each([
  [1, 0, true],
  [1, CONNECTION.close, false],
  [0, 0, false],
  [0, CONNECTION.keepAlive, true],
  [0, CONNECTION.keepAlive | CONNECTION.close, false],
  [VERSION_09, CONNECTION.keepAlive, false],
])('version %s with options %s stays open: %s', (minor, connection, want) => {
  const facts = new RequestFacts();
  facts.minor = minor;
  facts.connection = connection;
  expect(facts.keepsAlive).toBe(want);
});
