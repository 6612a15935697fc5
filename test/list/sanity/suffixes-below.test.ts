/** Names above public suffixes: those of the shipped list, and no suffix itself. */
import { expect, test } from '@jest/globals';
import { suffixesBelow } from '../../../src/list/sanity/suffixes-below.ts';

test('a name that has suffixes below it, at whatever depth', () => {
  expect(suffixesBelow('amazonaws.com')).toBeGreaterThan(20);
  expect(suffixesBelow('rds.amazonaws.com')).toBeGreaterThan(0);
  expect(suffixesBelow('rds.amazonaws.com')).toBeLessThan(suffixesBelow('amazonaws.com'));
});

test('none below an ordinary name; a suffix has its own rule, whatever is below it', () => {
  for (const name of ['www.example', 'localhost', 'uk', 'co.uk', 'com', 'github.io', ''])
    expect(suffixesBelow(name)).toBe(0);
});
