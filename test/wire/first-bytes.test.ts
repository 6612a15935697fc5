/** What is spoken, by the first bytes. */
import { expect, test } from '@jest/globals';
import { FIRST, firstBytes } from '../../src/wire/first-bytes.ts';

test.each([
  ['', 'more'],
  ['\r\n', 'more'],
  ['GET', 'more'],
  ['\x16', 'more'],
  ['GET ', 'http'],
  ['\r\n\nPURGE /', 'http'],
  ['\x16\x03\x01', 'tls'],
  ['\x16\x02', 'other'],
  ['\0', 'other'],
  ['SSH-2.0-x\r\n', 'other'],
  ['x'.repeat(65), 'other'],
] as const)('%j: %s', (text, kind) => {
  expect(firstBytes(Buffer.from(text, 'latin1'), 0, text.length)).toBe(FIRST[kind]);
});
