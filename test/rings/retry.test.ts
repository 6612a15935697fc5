/** Requirement 70: what may be run again, and what never is. */
import { describe, expect, test } from '@jest/globals';
import type { PastRun } from './history.ts';
import type { Failure } from './records.ts';
import { judgeFailures, MAX_RETRIED, REMEMBERED_RUNS, topFolder } from './retry.ts';

const FILE = 'test/engines/zones.real.test.ts';
const NO_FACT: Failure = { file: FILE, test: 'is transferred', inconclusive: 'no fact', message: 'never happened' };
const AROUND = {
  ring: 'test:real',
  started: new Set([FILE, 'test/e2e/a.real.test.ts', 'test/e2e/b.real.test.ts', 'test/e2e/c.real.test.ts']),
  changed: new Set<string>(),
  history: [],
  causes: {},
};

function pastRun(test: string | null): PastRun {
  const retried = test === null ? [] : [{ file: FILE, test, seed: 1, failure: 'never happened', passed: true }];
  return { at: '2026-01-01T00:00:00.000Z', commit: 'c', ring: 'test:real', seed: 1, passed: true, retried };
}

const refusedOf = (failures: readonly Failure[], around = {}): readonly string[] =>
  judgeFailures(failures, { ...AROUND, ...around }).refused;

describe('requirement 70: what is run again', () => {
  test.each(['set-up', 'no fact', 'port taken'] as const)('is a file that starts processes: %s', (inconclusive) => {
    const failure = { ...NO_FACT, inconclusive };
    expect(judgeFailures([failure], AROUND)).toEqual({ retry: [{ file: FILE, failures: [failure] }], refused: [] });
  });

  test('names each failure of a file that has several, the first in front', () => {
    const second = { ...NO_FACT, test: 'is removed', inconclusive: 'set-up' } as const;
    expect(judgeFailures([NO_FACT, second], AROUND).retry).toEqual([{ file: FILE, failures: [NO_FACT, second] }]);
  });

  test('is never a file that runs inside the test process', () => {
    const failure = { ...NO_FACT, file: 'test/url/path.test.ts' };
    expect(refusedOf([failure])).toEqual(['test/url/path.test.ts: it runs inside the test process']);
  });

  test.each([
    { ...NO_FACT, inconclusive: null },
    { file: FILE, test: null, inconclusive: null, message: 'a process is left' },
  ])('is never a file with a failure of another kind', (wrong) => {
    expect(refusedOf([NO_FACT, wrong])).toEqual([`${FILE}: ${wrong.test ?? 'the file'} is no inconclusive failure`]);
  });

  test.each(['src/engines', 'test/engines'])('is never a file whose folder the change touches: %s', (folder) => {
    expect(refusedOf([NO_FACT], { changed: new Set([folder]) })).toEqual([
      `${FILE}: the change touches its folder (test/engines)`,
    ]);
    expect(refusedOf([NO_FACT], { changed: new Set(['src/list']) })).toEqual([]);
  });

  test('is no more than two files', () => {
    const files = ['a', 'b', 'c'].map((name) => `test/e2e/${name}.real.test.ts`);
    const failures = files.map((file): Failure => Object.assign({}, NO_FACT, { file }));
    expect(judgeFailures(failures.slice(0, MAX_RETRIED), AROUND).retry).toHaveLength(MAX_RETRIED);
    expect(judgeFailures(failures, AROUND)).toEqual({
      retry: [],
      refused: ['3 files failed; 2 at most are run again'],
    });
  });

  test('is no file that has started nothing, whatever its name is', () => {
    expect(refusedOf([NO_FACT], { started: new Set() })).toEqual([`${FILE}: it runs inside the test process`]);
  });

  test('is a test that ran again in another ring', () => {
    const history = [{ ...pastRun('is transferred'), ring: 'test:long' }];
    expect(refusedOf([NO_FACT], { history })).toEqual([]);
  });

  test('is nothing where one of two files may not be', () => {
    const wrong = { ...NO_FACT, file: 'test/e2e/a.real.test.ts', inconclusive: null };
    expect(judgeFailures([NO_FACT, wrong], AROUND).retry).toEqual([]);
  });

  test.each([
    { name: 'the run before', before: 0, isRefused: true },
    { name: '18 runs between', before: REMEMBERED_RUNS - 2, isRefused: true },
    { name: '19 runs between', before: REMEMBERED_RUNS - 1, isRefused: false },
  ])('is no test twice in twenty runs: $name', ({ before, isRefused }) => {
    const history = [pastRun('is transferred'), ...Array.from({ length: before }, () => pastRun(null))];
    expect(refusedOf([NO_FACT], { history }).length > 0).toBe(isRefused);
    expect(refusedOf([{ ...NO_FACT, test: 'another' }], { history })).toEqual([]);
    expect(refusedOf([NO_FACT], { history, causes: { [`${FILE} is transferred`]: 'known' } })).toEqual([]);
  });
});

test('the folder of a file is the one below test or src', () => {
  expect(topFolder('test/list/source/x.test.ts')).toBe('test/list');
  expect(topFolder('test/package.process.test.ts')).toBe('test');
});
