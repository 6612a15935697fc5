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

/** A label behind its length; a number is a pointer. */
function named(...labels: readonly (string | number)[]): Buffer {
  const parts = labels.map((label) =>
    typeof label === 'number'
      ? words(0xc000 | label)
      : Buffer.from(String.fromCharCode(label.length) + label, 'latin1'),
  );
  return Buffer.concat([...parts, Buffer.alloc(typeof labels.at(-1) === 'number' ? 0 : 1)]);
}

/** Of a question for `name`: an unsigned CNAME of it, and an RRSIG of that owner that covers that type. */
function aliased(name: Buffer, owner: Buffer, covered = 1): Buffer {
  const header = words(1, 0x8180, 1, 2, 0, 0);
  const alias = Buffer.concat([words(0xc00c, 5, 1, 0, 60, 2), words(0xc00c)]);
  return Buffer.concat([header, name, words(1, 1), alias, owner, words(46, 1, 0, 60, 4), words(covered, 0)]);
}

const WWW = named('www', 'shop', 'example');
const LONGEST = named(...Array.from({ length: 127 }, () => 'n'));

test.each([
  ['the name itself', WWW, named(12), 1, true],
  ['in other letters, in full', WWW, named('WWW', 'Shop', 'EXAMPLE'), 1, true],
  ['partly in full', WWW, named('www', 16), 1, true],
  ['of what the alias leads to', WWW, named('cdn', 'example'), 1, false],
  ['of what the alias leads to, below it', WWW, named('x', 12), 1, false],
  ['of a name above', WWW, named('shop', 'example'), 1, false],
  ['of a name above, by a pointer', WWW, named(16), 1, false],
  ['of a DNAME above', WWW, named(16), 39, true],
  ['of a DNAME above, in full', WWW, named('example'), 39, true],
  ['of a DNAME at the root', WWW, named(), 39, true],
  ['of a DNAME elsewhere', WWW, named('test'), 39, false],
  ['of a DNAME with as many labels', WWW, named('cdn', 'shop', 'example'), 39, false],
  ['the longest name', LONGEST, named(12), 1, true],
  ['the longest name, in full', LONGEST, LONGEST, 1, true],
  ['one label more than any has', LONGEST, named('n', 12), 1, false],
  ['a pointer to itself', WWW, named(WWW.length + 30), 1, false],
  ['a pointer to nowhere', WWW, named(0x3fff), 1, false],
])('a signature behind an alias: %s', (_name, name, owner, covered, signed) => {
  const message = aliased(name, owner, covered);
  expect(hasSignature(message, 0, message.length)).toBe(signed);
  const elsewhere = Buffer.concat([Buffer.alloc(5, 0xc0), message]);
  expect(hasSignature(elsewhere, 5, elsewhere.length)).toBe(signed);
});

test('behind an alias, proofs in the authority are of another name', () => {
  const record = (type: number): Buffer => Buffer.concat([words(0xc00c, type, 1, 0, 60, 2), words(0xc00c)]);
  const header = words(1, 0x8183, 1, 1, 2, 0);
  const message = Buffer.concat([header, QUESTION, record(5), record(6), record(46)]);
  expect(hasSignature(message, 0, message.length)).toBe(false);
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
