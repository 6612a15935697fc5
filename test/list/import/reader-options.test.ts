import { expect, test } from '@jest/globals';
import { oneOf } from '../../../src/list/import/reader-options.ts';
import { imported } from './imported.ts';

test('a word of the format is taken as it is', () => {
  expect(oneOf(['str', 'beg'], 'beg')).toBe('beg');
});

test("a word that is none of the format's own is a mistake of whoever made the options", () => {
  expect(() => oneOf(['str', 'beg'], 'end')).toThrow(new RangeError("'end' is none of str, beg"));
  for (const { format, match, sample } of [
    { format: 'haproxy', match: 'later', sample: 'host' },
    { format: 'haproxy', match: 'str', sample: 'path' },
    { format: 'squid', match: '', sample: '' },
    { format: 'squidguard', match: 'users', sample: '' },
  ] as const)
    expect(() => imported(format, 'ads.example\n', { match, sample })).toThrow(/^'\w*' is none of \w+, /);
});
