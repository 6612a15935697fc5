/** Whether an Upgrade leads to another version of HTTP. */
import { expect, test } from '@jest/globals';
import { offersHttp } from '../../src/wire/upgrade-offer.ts';

test.each([
  ['h2c', true],
  ['H2C', true],
  ['HTTP/2.0', true],
  ['http', true],
  ['websocket, h2c', true],
  [' , HTTP/3 ', true],
  ['websocket', false],
  ['TLS/1.0', false],
  ['xh2c', false],
  ['', false],
])('%j: %s', (value, offers) => {
  expect(offersHttp(Buffer.from(value, 'latin1'), 0, value.length)).toBe(offers);
});
