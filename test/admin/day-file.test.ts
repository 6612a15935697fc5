import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeDay, encodeDay } from '../../src/admin/day-file.ts';
import type { KeptDay } from '../../src/admin/day-file.ts';
import { COLUMNS } from '../../src/admin/step.ts';
import type { Figures } from '../../src/admin/step.ts';

const FIGURES: Figures = {
  passed: 3840,
  blocked: 0.0167,
  refused: 0,
  errors: 0.9,
  upstreamErrors: 0.88,
  connections: 5210,
  addedP50: 42e-6,
  addedP99: null,
  upstreamP50: null,
  upstreamP99: 0.05,
  questionsPassed: 210,
  questionsSteered: 0.5,
  questionsBlocked: 0.0333,
  questionsRefused: 0,
  questionsErrors: 0.1,
};
const DAY: KeptDay = {
  steps: [{ at: 1000, figures: FIGURES, hits: { main: 15 } }],
  changes: [{ list: 'main', at: 900, before: 3, entries: 12, added: 10, removed: 1, version: '7' }],
};

describe('the file of a day', () => {
  test('is read as it was written; its times are of the wall clock', () => {
    const text = encodeDay(DAY, 500);
    expect(text).toContain('"at":1500');
    expect(decodeDay(text, 500)).toEqual(DAY);
    expect(decodeDay(text, 0)?.steps[0]?.at).toBe(1500);
  });

  test('of a release that did not keep what came and what went: neither is known', () => {
    const text = encodeDay(DAY, 0).replace('"added":10,"removed":1,', '');
    expect(decodeDay(text, 0)?.changes).toEqual([{ ...DAY.changes[0], added: null, removed: null }]);
  });

  test('of a release that counted no questions: they are not known', () => {
    const { steps, ...others } = value();
    const [{ figures, ...step }] = steps as [{ figures: object }];
    const requests = Object.fromEntries(Object.entries(figures).filter(([name]) => !name.startsWith('questions')));
    const read = decodeDay(JSON.stringify({ ...others, steps: [{ ...step, figures: requests }] }), 0);
    expect(read?.steps[0]?.figures).toEqual({
      ...FIGURES,
      questionsPassed: null,
      questionsSteered: null,
      questionsBlocked: null,
      questionsRefused: null,
      questionsErrors: null,
    });
  });

  test('of a full day with as many lists as there may be stays below its bound', () => {
    const hits = Object.fromEntries(Array.from({ length: 64 }, (_, list) => [`a-list-with-a-long-name-${list}`, 1005]));
    const steps = Array.from({ length: 288 }, (_, index) => ({ at: 1.7e12 + index * 300_000, figures: FIGURES, hits }));
    expect(encodeDay({ steps, changes: [] }, 0).length).toBeLessThan(4 * 1024 * 1024);
  });

  const value = (): Record<string, unknown> => JSON.parse(encodeDay(DAY, 0)) as Record<string, unknown>;
  const step = (overrides: object): object => ({ ...value(), steps: [{ ...DAY.steps[0], ...overrides }] });
  const change = (overrides: object): object => ({ ...value(), changes: [{ ...DAY.changes[0], ...overrides }] });

  test.each([
    { name: 'steps', most: 288, of: (count: number) => ({ ...value(), steps: Array(count).fill(DAY.steps[0]) }) },
    {
      name: 'changes',
      most: 1280,
      of: (count: number) => ({ ...value(), changes: Array(count).fill(DAY.changes[0]) }),
    },
    {
      name: 'lists of a step',
      most: 64,
      of: (count: number) => step({ hits: Object.fromEntries(Array.from({ length: count }, (_, i) => [`l${i}`, 15])) }),
    },
    { name: 'characters of a name', most: 256, of: (count: number) => change({ list: 'x'.repeat(count) }) },
  ])('has $most $name, and not one more', ({ most, of }) => {
    expect(decodeDay(JSON.stringify(of(most)), 0)).not.toBeNull();
    expect(decodeDay(JSON.stringify(of(most + 1)), 0)).toBeNull();
  });

  test.each([
    { name: 'nothing', text: '' },
    { name: 'the first half', text: encodeDay(DAY, 0).slice(0, 120) },
    { name: 'no JSON', text: '<html>' },
    { name: 'null', text: 'null' },
    { name: 'another format', text: JSON.stringify({ ...value(), format: 'cleanfeed-day-2' }) },
    { name: 'no format', text: JSON.stringify({ ...value(), format: undefined }) },
    { name: 'steps that are none', text: JSON.stringify({ ...value(), steps: {} }) },
    { name: 'more steps than a day has', text: JSON.stringify({ ...value(), steps: Array(289).fill(DAY.steps[0]) }) },
    { name: 'a time in words', text: JSON.stringify(step({ at: 'now' })) },
    { name: 'a time without end', text: encodeDay(DAY, 0).replace('"at":1000', '"at":1e999') },
    { name: 'a figure below zero', text: JSON.stringify(step({ figures: { ...FIGURES, passed: -1 } })) },
    { name: 'a figure missing', text: JSON.stringify(step({ figures: {} })) },
    { name: 'hits that were not counted in fives', text: JSON.stringify(step({ hits: { main: 1 } })) },
    { name: 'hits of a name without end', text: JSON.stringify(step({ hits: { ['x'.repeat(1000)]: 5 } })) },
    { name: 'a change of no list', text: JSON.stringify(change({ list: 7 })) },
    { name: 'a change without entries', text: JSON.stringify(change({ entries: null })) },
    { name: 'a change that added words', text: JSON.stringify(change({ added: 'ten' })) },
    { name: 'a change that removed less than nothing', text: JSON.stringify(change({ removed: -1 })) },
  ])('$name is no such file', ({ text }) => {
    expect(decodeDay(text, 0)).toBeNull();
  });

  test('any text gives a day that can be shown, or none', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.json().map(asDay)), (text) => {
        const day = decodeDay(text, 0);
        if (day === null) return;
        for (const { at, figures } of day.steps) {
          expect(Number.isFinite(at)).toBe(true);
          expect(Object.keys(figures).toSorted()).toEqual([...COLUMNS].toSorted());
        }
      }),
    );
  });

  function asDay(json: string): string {
    return `{"format":"cleanfeed-day-1","steps":[{"at":1,"figures":${json},"hits":{}}],"changes":[${json}]}`;
  }
});
