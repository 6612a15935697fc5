/** The soak in its short form: a minute of everything at once. The hour, and its memory, is `npm run soak`. */
import { describe, expect, test } from '@jest/globals';
import { soak } from './soak.ts';

const SECONDS = 40;
const MIXES = 14;

describe('requirement 41: mixed load with faults', () => {
  test('no answer is wrong; descriptors, sockets, timers and threads return to where they were', async () => {
    const result = await soak({ seconds: SECONDS, seed: 41, leastOfEach: 6, stopsAtWrong: true });
    expect(result.failures).toEqual([]);
    expect(result.wrong).toBe(0);
    expect(result.leftovers).toEqual([]);
    // Every mix took part.
    expect(Object.keys(result.checked)).toHaveLength(MIXES);
  });
});
