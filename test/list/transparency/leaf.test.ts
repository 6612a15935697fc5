/** Leaves: the one text of an event, and that a leaf says nothing to whoever lacks its salt. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { canonicalJson, isObject, openedLeafHash, readObject } from '../../../src/list/transparency/leaf.ts';

const SALT = Buffer.alloc(32, 9);

test('a leaf is SHA-256 of 0, the tag, the salt and the event', () => {
  const event = '{"kind":"added"}';
  const expected = createHash('sha256')
    .update(Buffer.concat([Buffer.of(0), Buffer.from('cleanfeed log 1\n'), SALT, Buffer.from(event)]))
    .digest();
  expect(openedLeafHash({ salt: SALT.toString('base64'), event })).toEqual(expected);
});

test.each(['', 'AAAA', Buffer.alloc(31).toString('base64'), Buffer.alloc(33).toString('base64')])(
  '%p is no salt',
  (salt) => {
    expect(openedLeafHash({ salt, event: '{}' })).toBeNull();
  },
);

describe('the one text', () => {
  test('has its keys in order, at every depth, and no space', () => {
    expect(canonicalJson({ b: [1, { z: null, a: 'x y' }], a: true, c: undefined })).toBe(
      '{"a":true,"b":[1,{"a":"x y","z":null}]}',
    );
  });

  test('escapes as RFC 8785 says', () => {
    expect(canonicalJson('\u20ac$\u000f\nA\'B"\\/')).toBe('"\u20ac$\\u000f\\nA\'B\\"\\\\/"');
  });

  test.each([1.5, Number.NaN, 2 ** 53])(
    '%p is refused: numbers have one spelling only where they are whole',
    (number) => {
      expect(() => canonicalJson(number)).toThrow('is no whole number');
    },
  );
});

test('an object is read from its text and from nothing else', () => {
  expect(readObject('{"a":1}')).toEqual({ a: 1 });
  expect(['', '[]', 'null', '1', '{'].map(readObject)).toEqual([null, null, null, null, null]);
  expect([{}, [], null, 1].map(isObject)).toEqual([true, false, false, false]);
});
