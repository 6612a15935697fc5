import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { objectOf, parsedJson, textOrNull } from '../../src/lib/json.ts';

test('what is no JSON is null, and so is what is no object', () => {
  for (const text of ['', '{', '{"a":1} x', 'undefined']) expect(parsedJson(text)).toBeNull();
  for (const text of ['null', '1', '"a"', '[{}]']) expect(objectOf(parsedJson(text))).toBeNull();
  expect(objectOf(parsedJson('{"a":[1]}'))).toEqual({ a: [1] });
});

test('any value that was written comes back', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) =>
      expect(parsedJson(JSON.stringify(value))).toEqual(JSON.parse(JSON.stringify(value))),
    ),
  );
});

test('an object is copied, with what is called like a member of every object', () => {
  const object = JSON.parse('{"__proto__":1,"constructor":2}');
  const copy = objectOf(object);
  expect(copy).not.toBe(object);
  expect(Object.keys(copy!)).toEqual(['__proto__', 'constructor']);
});

test('a text is itself, and nothing else is one', () => {
  expect(['a', '', null, undefined, 1, ['a'], new Date()].map(textOrNull)).toEqual([
    'a',
    '',
    null,
    null,
    null,
    null,
    null,
  ]);
});
