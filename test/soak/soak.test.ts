/** The soak in its short form: a minute of everything at once. The hour is `npm run soak`. */
import { describe, expect, test } from '@jest/globals';
import { soak } from './soak.ts';

const SECONDS = 50;

describe('requirement 41: mixed load with faults', () => {
  test('no answer is wrong; memory, descriptors, sockets, timers and threads return to where they were', async () => {
    const result = await soak({ seconds: SECONDS, seed: 41 });
    expect(result.failures).toEqual([]);
    expect(result.wrong).toBe(0);
    expect(result.leftovers).toEqual([]);
    // Every mix took part.
    expect(Object.keys(result.checked)).toHaveLength(12);
    expect(Math.min(...Object.values(result.checked))).toBeGreaterThan(5);
    expect(Math.min(...Object.values(result.reloads))).toBeGreaterThan(0);
  });
});
