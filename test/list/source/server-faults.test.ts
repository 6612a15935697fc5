/** What an operator is told of a server that gives no list: in words, with the code. */
import { expect, test } from '@jest/globals';
import { connectReason, statusFault } from '../../../src/list/source/server-faults.ts';

test.each([
  ['ECONNREFUSED', 'nobody listens there (ECONNREFUSED)'],
  ['CERT_HAS_EXPIRED', 'its certificate has expired, by the clock of this machine (CERT_HAS_EXPIRED)'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_WRONG_VERSION_NUMBER'],
  ['constructor', 'constructor'],
])('%s', (code, want) => {
  expect(connectReason(code)).toBe(want);
});

test.each([
  [400, /`auth`/],
  [401, /`auth`/],
  [403, /`auth`/],
  [404, /nothing at this address/],
  [418, /operator/],
  [502, /the fault is there/],
])('status %i', (status, want) => {
  expect(statusFault(status)).toMatch(want);
  expect(statusFault(status)).toContain(`status ${status}: `);
});
