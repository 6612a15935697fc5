/** Whether a response is signed, of responses as servers send them and of any bytes. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { hasSignature } from '../../src/wire/dns-signature.ts';
import { optRecord, words } from '../support/dns-queries.ts';

const QUESTION = Buffer.concat([Buffer.from('\x03www\x07example\x00', 'latin1'), words(1, 1)]);

function response(answers: readonly number[], authority: readonly number[]): Buffer {
  const record = (type: number): Buffer =>
    Buffer.concat([words(0xc00c, type, 1, 0, 60, 4), Buffer.from([192, 0, 2, 1])]);
  const header = words(1, 0x8180, 1, answers.length, authority.length, 1);
  const records = [...answers, ...authority].map(record);
  return Buffer.concat([header, QUESTION, ...records, optRecord({ size: 1232, do: true })]);
}

test.each([
  [[1, 46], [], true],
  [[46], [], true],
  [[], [6, 46], true],
  [[1, 1], [], false],
  [[], [], false],
  [[], [6], false],
] as const)('answers %j, authority %j: %s', (answers, authority, signed) => {
  const message = response(answers, authority);
  expect(hasSignature(message, 0, message.length)).toBe(signed);
  const elsewhere = Buffer.concat([Buffer.alloc(7, 46), message]);
  expect(hasSignature(elsewhere, 7, elsewhere.length)).toBe(signed);
});

test('any bytes, and any part of a response, have an answer', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const buffer = Buffer.from(bytes);
      expect(typeof hasSignature(buffer, 0, buffer.length)).toBe('boolean');
    }),
  );
  const message = response([1, 46], []);
  // Behind the type of its record, nothing more is needed.
  for (let end = 0; end < message.length; end++) expect(typeof hasSignature(message, 0, end)).toBe('boolean');
  expect(hasSignature(message, 0, QUESTION.length + 12 + 16)).toBe(false);
});
