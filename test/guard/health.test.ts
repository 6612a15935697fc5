/** The health of a listener: from rounds of probes, what counts as down, as a part, as healthy again. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { afterRound, connectionsOf, UNKNOWN, type Health, type Round } from '../../src/guard/health.ts';

const TERMS = { failures: 3, successes: 2, connections: 8 };
const ALL: Round = { ok: 8, failed: 0 };
const NONE: Round = { ok: 0, failed: 8 };
const SOME: Round = { ok: 5, failed: 3 };
const LATE: Round = { ok: 0, failed: 0 };

function after(...rounds: readonly Round[]): Health {
  return rounds.reduce((health, round, i) => afterRound(health, round, TERMS, i), UNKNOWN);
}

describe('phases', () => {
  test.each([
    { name: 'it has just begun', rounds: [], want: 'unknown' },
    { name: 'one good round is not enough', rounds: [ALL], want: 'unknown' },
    { name: 'enough good rounds', rounds: [ALL, ALL], want: 'healthy' },
    { name: 'a part fails at the start', rounds: [ALL, SOME, ALL], want: 'unknown' },
    { name: 'nothing is answered at the start', rounds: [NONE, NONE, NONE], want: 'down' },
    { name: 'nothing is answered once', rounds: [ALL, ALL, NONE], want: 'suspect' },
    { name: 'nothing is answered, fewer times than it takes', rounds: [ALL, ALL, NONE, NONE], want: 'suspect' },
    { name: 'nothing is answered', rounds: [ALL, ALL, NONE, NONE, NONE], want: 'down' },
    { name: 'an answer in between', rounds: [ALL, ALL, NONE, NONE, SOME, NONE, NONE], want: 'suspect' },
    { name: 'a part fails for long', rounds: [ALL, ALL, ...Array.from({ length: 50 }, () => SOME)], want: 'suspect' },
    { name: 'a part failed, and all is well again', rounds: [ALL, ALL, SOME, ALL, ALL], want: 'healthy' },
    { name: 'down, and a part is answered', rounds: [NONE, NONE, NONE, SOME, ALL], want: 'down' },
    { name: 'down, and all is well again', rounds: [NONE, NONE, NONE, ALL, ALL], want: 'healthy' },
    { name: 'the guard was late', rounds: [ALL, ALL, NONE, NONE, LATE, LATE], want: 'suspect' },
  ])('$name: $want', ({ rounds, want }) => {
    expect(after(...rounds).phase).toBe(want);
  });

  test('since when a part fails, until everything is answered again', () => {
    expect(after(ALL, ALL, SOME, ALL, SOME).partialSince).toBe(2);
    expect(after(ALL, ALL, SOME, ALL, ALL).partialSince).toBeNull();
    expect(after(SOME, NONE, NONE, NONE).partialSince).toBeNull();
  });
});

describe('connections of a round', () => {
  test.each([
    { name: 'healthy', rounds: [ALL, ALL], want: 1 },
    { name: 'just begun', rounds: [], want: 8 },
    { name: 'suspect', rounds: [ALL, ALL, NONE], want: 8 },
    { name: 'down', rounds: [NONE, NONE, NONE], want: 1 },
    { name: 'down, and the first answer has come', rounds: [NONE, NONE, NONE, { ok: 1, failed: 0 }], want: 8 },
  ])('$name: $want', ({ rounds, want }) => {
    expect(connectionsOf(after(...rounds), TERMS)).toBe(want);
  });
});

const round = fc.constantFrom(ALL, NONE, SOME, LATE);

test('whatever has happened: so many silent rounds are down, so many good ones healthy', () => {
  fc.assert(
    fc.property(fc.array(round, { maxLength: 40, size: 'max' }), (rounds) => {
      const before = after(...rounds);
      const silent = [NONE, NONE, NONE].reduce((health, each) => afterRound(health, each, TERMS, 100), before);
      const good = [ALL, ALL].reduce((health, each) => afterRound(health, each, TERMS, 100), before);
      expect([silent.phase, good.phase]).toEqual(['down', 'healthy']);
      expect(good).toEqual({ phase: 'healthy', failedInRow: 0, okInRow: 0, partialSince: null });
    }),
  );
});

test('never down without a silent round, never healthy without a good one', () => {
  fc.assert(
    fc.property(fc.array(round, { minLength: 1, maxLength: 40, size: 'max' }), (rounds) => {
      const phases = rounds.map((_, i) => after(...rounds.slice(0, i + 1)).phase);
      phases.forEach((phase, i) => {
        if (phase === 'down' && phases[i - 1] !== 'down') expect(rounds[i]).toBe(NONE);
        if (phase === 'healthy' && phases[i - 1] !== 'healthy') expect(rounds[i]).toBe(ALL);
      });
    }),
  );
});
