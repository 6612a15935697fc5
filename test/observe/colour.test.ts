import { describe, expect, test } from '@jest/globals';
import { painter, wantsColour } from '../../src/observe/colour.ts';

describe('colour is wanted', () => {
  test.each([
    { name: 'on a terminal', environment: { TERM: 'xterm' }, isTerminal: true, want: true },
    { name: 'nowhere else', environment: { TERM: 'xterm' }, isTerminal: false, want: false },
    { name: 'not on a dumb terminal', environment: { TERM: 'dumb' }, isTerminal: true, want: false },
    { name: 'not on an unknown one', environment: {}, isTerminal: true, want: false },
    { name: 'not with NO_COLOR', environment: { TERM: 'xterm', NO_COLOR: '1' }, isTerminal: true, want: false },
    { name: 'with an empty NO_COLOR', environment: { TERM: 'xterm', NO_COLOR: '' }, isTerminal: true, want: true },
    { name: 'in a pipe with FORCE_COLOR', environment: { FORCE_COLOR: '1' }, isTerminal: false, want: true },
    { name: 'not with FORCE_COLOR=0', environment: { TERM: 'xterm', FORCE_COLOR: '0' }, isTerminal: true, want: false },
    { name: 'not with both', environment: { FORCE_COLOR: '1', NO_COLOR: '1' }, isTerminal: true, want: false },
  ])('$name', ({ environment, isTerminal, want }) => {
    expect(wantsColour(environment, isTerminal)).toBe(want);
  });
});

test('text is painted and put back', () => {
  expect(painter(true)('red', 'a')).toBe('\u001b[31ma\u001b[0m');
  expect(painter(false)('red', 'a')).toBe('a');
});
