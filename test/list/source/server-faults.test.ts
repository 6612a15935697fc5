/** What an operator is told of a server that gives no list: in words, with the code. */
import { expect, test } from '@jest/globals';
import { connectReason, statusFault } from '../../../src/list/source/server-faults.ts';

test.each([
  ['ECONNREFUSED', 'nobody listens there (ECONNREFUSED)'],
  ['EAI_AGAIN', 'the name servers do not answer, or answer that they cannot tell (EAI_AGAIN)'],
  ['CERT_HAS_EXPIRED', 'its certificate has expired, by the clock of this machine (CERT_HAS_EXPIRED)'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_WRONG_VERSION_NUMBER'],
  ['constructor', 'constructor'],
])('%s', (code, want) => {
  expect(connectReason(code, { isProxied: false })).toBe(`the server cannot be reached: ${want}`);
});

// Was a fault: whoever was told that nobody listens looked at the server.
test('behind a proxy it is the proxy that is not found or connected to, and the server of which a certificate is not good', () => {
  const reasonOf = (code: string): string => connectReason(code, { isProxied: true });
  expect(reasonOf('ECONNREFUSED')).toBe('the proxy (`proxy`) cannot be reached: nobody listens there (ECONNREFUSED)');
  expect(reasonOf('ENOTFOUND')).toMatch(/^the proxy .*there is no such name/);
  expect(reasonOf('CERT_HAS_EXPIRED')).toMatch(/^the server cannot be reached: its certificate has expired/);
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
