import { expect, test } from '@jest/globals';
import { isYoung } from '../../src/lib/young-file.ts';

test('a file is young for two seconds, the longest step by which a file system dates changes, on whichever side of this clock', () => {
  for (const [at, want] of [
    [10_000, true],
    [8001, true],
    [11_999, true],
    [8000, false],
    [12_000, false],
  ] as const)
    expect(isYoung(at, 10_000)).toBe(want);
});
