/** Which page a head gets that the parser refuses: the names that RFC 9110 and RFC 6585 give to the statuses. */
import { expect, test } from '@jest/globals';
import { STATUS_CODES } from 'node:http';
import { malformedResponse } from '../../../src/accept/http/malformed-head.ts';

test.each([
  [400, 'Bad Request', 'bad_request'],
  [414, 'URI Too Long', 'uri_too_long'],
  [431, 'Request Header Fields Too Large', 'header_too_large'],
  [501, 'Not Implemented', 'not_implemented'],
  [505, 'HTTP Version Not Supported', 'version_not_supported'],
] as const)('%i, %s', (status, name, kind) => {
  expect([STATUS_CODES[status], malformedResponse(status)]).toEqual([name, kind]);
});

test('a status that no parser gives is told as what it is in general (RFC 9110 section 15.5.1)', () => {
  expect([418, 0, -1].map(malformedResponse)).toEqual(['bad_request', 'bad_request', 'bad_request']);
});
