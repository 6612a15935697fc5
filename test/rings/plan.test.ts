/** What a ring runs, by its arguments. */
import { expect, test } from '@jest/globals';
import { readRunArguments } from './arguments.ts';
import { planOf } from './plan.ts';

test('arguments that the runner does not know go to jest, in their order', () => {
  const given = ['--real', '-t', 'NAME', '--seed', '7', 'test/url'];
  expect(readRunArguments(given, { flags: ['--real'], values: ['--seed'] })).toEqual({
    flags: new Set(['--real']),
    values: new Map([['--seed', '7']]),
    rest: ['-t', 'NAME', 'test/url'],
  });
  expect(readRunArguments(['--seed'], { flags: [], values: ['--seed'] })).toBeNull();
});

test('a ring as a whole has its static checks; a part of it has none', () => {
  expect(planOf('test', ['--seed', '7'])).toMatchObject({
    seed: 7,
    jest: ['--testPathIgnorePatterns', expect.any(String)],
  });
  expect(planOf('test', [])?.checks).toContain('lint');
  expect(planOf('test', ['test/url'])).toMatchObject({
    checks: [],
    jest: ['test/url', '--testPathIgnorePatterns', expect.any(String)],
  });
  expect(planOf('test:real', [])).toMatchObject({ checks: [], seed: null });
});

// Was a fault: jest took the folder for one more pattern of what it ignores, or of what it runs.
test.each([
  { ring: 'test', runs: ['a.test.ts', 'a.process.test.ts'] },
  { ring: 'test:real', runs: ['a.real.test.ts'] },
  { ring: 'test:long', runs: ['a.long.test.ts'] },
])('$ring of a folder: the files of the ring in the folder', ({ ring, runs }) => {
  const jest = planOf(ring, ['test/url', '-t', 'NAME'])?.jest ?? [];
  expect(jest.slice(0, -1)).toEqual(['test/url', '-t', 'NAME', '--testPathIgnorePatterns']);
  const ignored = new RegExp(jest.at(-1) ?? '');
  const files = ['a.test.ts', 'a.process.test.ts', 'a.real.test.ts', 'a.long.test.ts'];
  expect(files.filter((file) => !ignored.test(file))).toEqual(runs);
});

const change = { since: () => ['src/guard/decide.ts'], last: () => ['test/url/path.test.ts'] };

test('a long run is all of it, unless it is asked for what is changed', () => {
  expect(planOf('test:long', [])).toMatchObject({ picked: [], jest: ['--testPathIgnorePatterns', expect.any(String)] });
  const plan = planOf('test:long', ['--changed', '--minutes', '2', '-t', 'NAME'], change);
  expect(plan?.jest).toEqual(['--runTestsByPath', ...(plan?.picked ?? []), '-t', 'NAME']);
  expect(plan?.picked).toContain('test/network/guard.long.test.ts');
  expect(planOf('test:long', ['--changed'], { ...change, since: () => [] })).toMatchObject({ picked: [], jest: null });
});

test('what is changed is what is not committed, or differs from a base', () => {
  const plan = planOf('test:changed', ['--list'], change);
  expect(plan).toMatchObject({ checks: ['typecheck'], picked: ['test/url/path.test.ts'], isListOnly: true });
  const since = planOf('test:changed', ['--base', 'HEAD~3'], { ...change, since: (base) => [`test/${base}.ts`] });
  expect(since).toMatchObject({ picked: [], jest: null, isListOnly: false });
});

test.each([['none'], ['test', '--seed'], ['test', '--seed', 'x'], ['test:long', '--changed', '--minutes', 'many']])(
  'no plan for %s %s',
  (ring, ...args) => {
    expect(planOf(ring, args, change)).toBeNull();
  },
);
