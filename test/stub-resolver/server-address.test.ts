/** Where a name server listens, as the configuration spells it (RFC 3986 section 3.2.2 for brackets, RFC 4007 for zones). */
import { expect, test } from '@jest/globals';
import { serverAddress } from '../../src/stub-resolver/server-address.ts';

test.each([
  ['192.0.2.53:53', '192.0.2.53', 53],
  ['127.0.0.1:5353', '127.0.0.1', 5353],
  ['[2001:db8::53]:53', '2001:db8::53', 53],
  ['[::1]:65535', '::1', 65_535],
  ['[fe80::1%eth0]:53', 'fe80::1%eth0', 53],
])('%s', (text, address, port) => {
  expect(serverAddress(text)).toEqual({ address, port });
});
