/** What a run says at its end. */
import { expect, test } from '@jest/globals';
import { debianPackages } from '../support/debian-packages.ts';
import {
  costLine,
  costLines,
  countsLine,
  failedLines,
  notRunLines,
  pickedLines,
  retriedLines,
  skippedLines,
} from './closing.ts';

test('skipped tests are one list, each line once, with the command that installs what is missing', () => {
  const skips = [
    { what: 'test/b.test.ts', why: 'not installed: knotd, dig', programs: ['knotd', 'dig'] },
    { what: 'test/a.test.ts (a part)', why: 'for root alone', programs: [] },
    { what: 'test/b.test.ts', why: 'not installed: knotd, dig', programs: ['knotd', 'dig'] },
    { what: 'test/c.test.ts', why: 'not installed: odd', programs: ['odd'] },
  ];
  expect(skippedLines(skips, debianPackages())).toEqual([
    'skipped:',
    '  test/a.test.ts (a part): for root alone',
    '  test/b.test.ts: not installed: knotd, dig',
    '  test/c.test.ts: not installed: odd',
    '  to run them: apt-get install --no-install-recommends bind9-dnsutils knot',
    '  not in a Debian package: odd',
  ]);
  expect(skippedLines([], debianPackages())).toEqual([]);
});

test('what was not run is one list, a line for each reason', () => {
  const notRun = { 'no folder of theirs is touched': ['a', 'b'], 'more than 15 minutes': [], 'real ring': ['c'] };
  expect(notRunLines(notRun)).toEqual(['not run:', '  no folder of theirs is touched: a, b', '  real ring: c']);
  expect(notRunLines({ 'more than 15 minutes': [] })).toEqual([]);
});

test('picked files have their names, unless there are many', () => {
  expect(pickedLines(['a', 'b'])).toEqual(['picked: a', 'picked: b']);
  expect(pickedLines(Array.from({ length: 51 }, String))).toEqual(['picked: 51 files']);
});

test('what was run again stands with its file, test, seed and first failure', () => {
  const retried = {
    file: 'test/a.real.test.ts',
    test: 'serves',
    seed: 7,
    failure: 'never happened: x\nat y',
    passed: true,
  };
  expect(retriedLines([retried, { ...retried, test: null, passed: false }])).toEqual([
    'run again and passed: test/a.real.test.ts: serves (seed 7); first failure: never happened: x',
    'run again and failed: test/a.real.test.ts: set-up (seed 7); first failure: never happened: x',
  ]);
});

test('what failed stands at the end with the first lines of its message, without colours', () => {
  const message = `\u001B[31mexpect\u001B[39m(1)\n\n${'- a\n'.repeat(20)}`;
  const lines = failedLines([
    { file: 'test/a.test.ts', test: 'serves', inconclusive: null, message },
    { file: 'test/b.test.ts', test: null, inconclusive: null, message: 'ENOENT' },
  ]);
  expect(lines.slice(0, 3)).toEqual(['failed: test/a.test.ts: serves', 'failed:   expect(1)', 'failed:   - a']);
  expect(lines.slice(-2)).toEqual(['failed: test/b.test.ts: as a whole', 'failed:   ENOENT']);
  expect(lines).toHaveLength(1 + 10 + 2);
});

test('the last line has the counts', () => {
  expect(countsLine({ passed: 3, failed: 0, skipped: 0 })).toBe('3 passed, 0 failed');
  expect(countsLine({ passed: 3, failed: 1, skipped: 2 })).toBe('3 passed, 1 failed, 2 skipped');
  expect(costLine(412.4, 231.6)).toBe('412 s of CPU in 232 s');
});

test('the files that took most CPU, their processes counted, come first', () => {
  const cost = (file: string, own: number, children: number) => ({ file, own, children, started: children > 0 });
  expect(costLines([cost('a', 1, 0), cost('b', 1, 5), cost('c', 3, 0)], 2)).toEqual([
    '1.0 s and 5.0 s in its processes: b',
    '3.0 s and 0.0 s in its processes: c',
  ]);
});
