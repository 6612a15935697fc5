/** Vectors: a hundred keys that a node makes itself, or refuses the list with the reason. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ListError } from '../../../src/list/list-error.ts';
import { SAMPLES } from '../../../src/list/protected/vector-samples.ts';
import {
  checkVectors,
  encodeVectors,
  makeVectors,
  OWN_FORM,
  unicodeText,
} from '../../../src/list/protected/vectors.ts';
import { CANONICAL_FORM } from '../../../src/url/canonical-form.ts';
import { KEYS } from './support.ts';

const VECTORS = makeVectors(KEYS);
const check = (vectors: readonly (typeof VECTORS)[number][], made = OWN_FORM): void =>
  checkVectors(encodeVectors(vectors), { count: vectors.length, keys: KEYS, made });

test('there are a hundred, of every kind and fold, and each has a key', () => {
  expect(SAMPLES).toHaveLength(100);
  expect(new Set(SAMPLES.map(({ kind, fold, text }) => `${kind} ${fold} ${text}`)).size).toBe(100);
  for (const { text } of SAMPLES)
    expect(text).toMatch(/\.?example|192\.0\.|2001:DB8|ffff:192|ff9b::192|0xc0|0300|3221225985/i);
  expect(VECTORS.filter(({ high, low }) => high === 0 && low === 0)).toEqual([]);
});

test('our own pass, whatever the Unicode version', () => {
  expect(() => check(VECTORS)).not.toThrow();
  expect(() => check(VECTORS, { ...OWN_FORM, unicode: 15 << 16 })).not.toThrow();
});

test('another form, or another key of any of them: refused with both forms and versions', () => {
  const message = (run: () => void): string => {
    try {
      run();
    } catch (error) {
      if (error instanceof ListError) return `${error.code}: ${error.message}`;
    }
    return 'passed';
  };
  const own = `this program has ${CANONICAL_FORM} and ${process.versions['unicode']}.0`;
  expect(message(() => check(VECTORS, { form: 2, unicode: (15 << 16) | (1 << 8) }))).toBe(
    `canonical_form: made with canonical form 2 and Unicode 15.1.0, ${own}; it is of another canonical form`,
  );
  for (const [i, vector] of VECTORS.entries())
    for (const other of [{ high: vector.high ^ 1 }, { low: vector.low ^ 1 }, { proof: new Uint8Array(16) }])
      expect(message(() => check(VECTORS.with(i, { ...vector, ...other })))).toMatch(
        new RegExp(`^canonical_form: .*${own}; vector ${i + 1} of 100 \\(${vector.kind}\\) has another key here$`),
      );
});

test.each([0, 99])('%i vectors are too few', (count) => {
  expect(() => check(VECTORS.slice(0, count))).toThrow(`it has ${count} vectors, and at least 100 are needed`);
});

test('any bytes: a ListError, or vectors', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(3), (bytes, count) => {
      try {
        checkVectors(bytes, { count, keys: KEYS, made: OWN_FORM });
      } catch (error) {
        expect(error).toBeInstanceOf(ListError);
      }
    }),
  );
});

test('Unicode versions are written as Unicode does', () => {
  expect(unicodeText((15 << 16) | (1 << 8))).toBe('15.1.0');
});
