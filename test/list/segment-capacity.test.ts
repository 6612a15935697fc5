import { describe, expect, test } from '@jest/globals';
import { overflowing } from '../../src/list/segment-capacity.ts';
import type { SegmentKind } from '../../src/list/staged-list.ts';

const NAMES: Readonly<Record<string, SegmentKind | null>> = { t: 'shared', c: 'own', '-': null };
const kinds = (text: string) => [...text].map((letter) => NAMES[letter] ?? null);

describe('segments for at most four keys', () => {
  test.each([
    { name: 'four compiled lists', now: '----', next: 'cccc', refused: [] },
    { name: 'three beside any number of text lists', now: '------', next: 'tctctc', refused: [] },
    { name: 'four beside text: the last one', now: '-----', next: 'tcccc', refused: [4] },
    { name: 'text as the last one', now: '-----', next: 'cccct', refused: [4] },
    { name: 'six compiled', now: '------', next: 'cccccc', refused: [5, 4] },
    { name: 'an update of what is in force always fits', now: 'ccct', next: 'c-ct', refused: [] },
    { name: 'text becomes the fifth key', now: 'ttccc', next: '-c---', refused: [1] },
    { name: 'the only text list may become a key', now: 'tccc', next: 'c---', refused: [] },
    { name: 'what comes later goes first, what is in force stays', now: 'cccc-', next: '----c', refused: [4] },
    { name: 'changes that make room count', now: 'cccct', next: '----c', refused: [4] },
    { name: 'changes that make room count, in one run', now: 'ccct', next: 't--c', refused: [] },
  ])('$name', ({ now, next, refused }) => {
    expect(overflowing(kinds(now).map((kind, i) => ({ now: kind, next: kinds(next)[i] ?? null })))).toEqual(refused);
  });
});
