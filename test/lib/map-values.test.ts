import { expect, test } from '@jest/globals';
import { mapValues, valuesFor } from '../../src/lib/map-values.ts';

test('the same keys with other values, made from value and key; what was given stays', () => {
  const given = { a: 1, b: 2 } as const;
  expect(mapValues(given, (value, key) => `${key}${value}`)).toEqual({ a: 'a1', b: 'b2' });
  expect(given).toEqual({ a: 1, b: 2 });
});

test('a value for each key, also for one that every object has', () => {
  const made = valuesFor(['a', 'constructor', '__proto__'], (key) => key.length);
  expect(Object.entries(made)).toEqual([
    ['a', 1],
    ['constructor', 11],
    ['__proto__', 9],
  ]);
});
