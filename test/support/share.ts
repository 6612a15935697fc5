/**
 * A part of a long table, drawn by the seed of the run: so `npm test` comes to its end soon, and some runs together have gone through all of it.
 * A long test that imports whole.ts first goes through all of it at once.
 */
import { jest } from '@jest/globals';

let isWhole = false;

export function takeWhole(): void {
  isWhole = true;
}

/** @param turn another one for each of several tables, so that one run does not draw the same places of all. @returns each `every`th item. */
export function share<T>(items: readonly T[], every: number, turn = 0): readonly T[] {
  const first = jest.getSeed() + turn;
  return isWhole ? items : items.filter((_, i) => (first + i) % every === 0);
}

/** @returns the count of a long test, or that divided by `every`: of runs, repetitions, steps. */
export function shareOf(count: number, every: number): number {
  return isWhole ? count : Math.ceil(count / every);
}
