import { describe, expect, test } from '@jest/globals';
import { valueAs } from '../../../src/lib/json-shapes.ts';
import type { Shape } from '../../../src/lib/shape.ts';
import {
  BASE64,
  FORMAT_ONE,
  integer,
  POSITIVE,
  TEXT_OR_NUMBER,
  TIME,
} from '../../../src/publish/state/state-values.ts';

interface Case {
  readonly name: string;
  readonly shape: Shape<unknown>;
  readonly right: readonly unknown[];
  readonly wrong: readonly unknown[];
  readonly words: string;
}

describe('values of state files', () => {
  test.each<Case>([
    { name: 'POSITIVE', shape: POSITIVE, right: [0.5], wrong: [0, -1, '1'], words: 'must be a number above 0' },
    { name: 'integer', shape: integer(), right: [0, -1], wrong: [0.5, 2 ** 53], words: 'must be a whole number' },
    { name: 'integer(1)', shape: integer(1), right: [1], wrong: [0, 1.5], words: 'must be a whole number, at least 1' },
    { name: 'FORMAT_ONE', shape: FORMAT_ONE, right: [1], wrong: [2, '1'], words: 'must be 1' },
    {
      name: 'BASE64',
      shape: BASE64,
      right: ['', 'YQ==', 'YWE=', 'YWFh'],
      wrong: ['YQ', 'Y===', '-_-_'],
      words: 'must be base64',
    },
    {
      name: 'TEXT_OR_NUMBER',
      shape: TEXT_OR_NUMBER,
      right: ['a', 1],
      wrong: [true, null, JSON.parse('1e999')],
      words: 'must be a text or a number',
    },
  ])('$name', ({ shape, right, wrong, words }) => {
    for (const value of right) expect(shape.parse(value)).toStrictEqual({ ok: true, value });
    for (const value of wrong) expect(valueAs(value, shape)).toEqual({ ok: false, reason: words });
  });

  test('TIME: milliseconds of a time as metadata has it', () => {
    expect(TIME.parse('2027-03-31T00:00:00Z')).toEqual({ ok: true, value: Date.UTC(2027, 2, 31) });
    for (const value of ['', 'soon', 0, null])
      expect(valueAs(value, TIME)).toEqual({ ok: false, reason: 'must be a time like 2027-03-31T00:00:00Z' });
  });
});
