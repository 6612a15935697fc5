import { describe, expect, test } from '@jest/globals';
import { listOf, mapping } from '../../../src/lib/shape.ts';
import type { Shape } from '../../../src/lib/shape.ts';
import {
  BASE64,
  faultText,
  FORMAT_ONE,
  integer,
  NUMBER,
  POSITIVE,
  TEXT,
  TEXT_OR_NUMBER,
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
    { name: 'TEXT', shape: TEXT, right: ['', 'a'], wrong: [1, null, []], words: 'must be a text' },
    { name: 'NUMBER', shape: NUMBER, right: [0, -1.5], wrong: ['1', NaN, Infinity], words: 'must be a number' },
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
    for (const value of wrong) {
      const read = shape.parse(value);
      expect(read.ok ? 'ok' : faultText(read.faults)).toBe(words);
    }
  });

  test.each([
    { name: 'the first fault, with its key', data: { keys: [1], more: 2 }, want: 'keys.0: must be a text' },
    { name: 'another kind', data: { keys: 'a' }, want: 'keys: must be a list' },
    { name: 'too few', data: { keys: [] }, want: 'keys: must have at least 1' },
    { name: 'too many', data: { keys: ['a', 'b', 'c'] }, want: 'keys: must have at most 2' },
    { name: 'unknown keys', data: { keys: ['a'], more: 1, other: 2 }, want: 'has unknown keys: "more", "other"' },
    { name: 'no mapping', data: [], want: 'must be a mapping' },
  ])('a fault in words: $name', ({ data, want }) => {
    const read = mapping({ keys: listOf(TEXT).min(1).max(2) }).parse(data);
    expect(read.ok ? 'ok' : faultText(read.faults)).toBe(want);
  });
});
