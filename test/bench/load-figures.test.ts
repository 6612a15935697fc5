/** The arithmetic behind the load bench: order of rounds, medians, ratios, targets. What it runs is proved by running it. */
import { describe, expect, test } from '@jest/globals';
import { anonymousMappings } from '../../bench/load/process-tree.ts';
import { ratioOf, spreadOf, type Sample } from '../../bench/load/samples.ts';
import { rotated } from '../../bench/load/schedule.ts';
import { spread } from '../../bench/load/statistics.ts';
import { outcomes } from '../../bench/load/targets.ts';

describe('rotated', () => {
  test.each([
    { round: 0, want: ['a', 'b', 'c'] },
    { round: 1, want: ['b', 'c', 'a'] },
    { round: 5, want: ['c', 'a', 'b'] },
  ])('round $round', ({ round, want }) => expect(rotated(['a', 'b', 'c'], round)).toEqual(want));

  test('nothing stays nothing', () => expect(rotated([], 2)).toEqual([]));
});

describe('spread', () => {
  test.each([
    { values: [3], want: { median: 3, min: 3, max: 3 } },
    { values: [9, 1, 5], want: { median: 5, min: 1, max: 9 } },
    { values: [4, 1, 3, 2], want: { median: 2.5, min: 1, max: 4 } },
    { values: [], want: null },
  ])('$values', ({ values, want }) => expect(spread(values)).toEqual(want));
});

const samples: Sample[] = [
  { scene: 'small', peer: 'cleanfeed', round: 0, figures: { cpuUs: 20 } },
  { scene: 'small', peer: 'haproxy', round: 0, figures: { cpuUs: 10 } },
  { scene: 'small', peer: 'cleanfeed', round: 1, figures: { cpuUs: 30 } },
  { scene: 'small', peer: 'haproxy', round: 1, figures: { cpuUs: 30 } },
  { scene: 'small', peer: 'cleanfeed', round: 2, figures: { cpuUs: 12 } },
];

test('a ratio is taken round by round, and a round that lacks one side does not count', () => {
  expect(ratioOf(samples, 'small', 'cpuUs', 'cleanfeed', 'haproxy')).toEqual({ median: 1.5, min: 1, max: 2 });
  expect(ratioOf(samples, 'small', 'cpuUs', 'cleanfeed', 'squid')).toBeNull();
});

test('a figure that a peer does not have has no spread', () => {
  expect(spreadOf(samples, 'small', 'haproxy', 'cpuUs')).toEqual({ median: 20, min: 10, max: 30 });
  expect(spreadOf(samples, 'small', 'haproxy', 'growthMB')).toBeNull();
});

test('targets: reached at the limit, missed above it, not measured otherwise', () => {
  const growth = (growthMB: number): Sample => ({
    scene: 'stalled',
    peer: 'cleanfeed',
    round: 0,
    figures: { growthMB },
  });
  const results = outcomes(samples).map(({ result }) => result);
  // 1.5 × HAProxy: above what must be reached, and above the aim.
  expect(results.slice(0, 2)).toEqual(['miss', 'miss']);
  expect(new Set(results.slice(2))).toEqual(new Set(['not measured']));
  expect(outcomes([growth(20.1)]).at(-1)?.result).toBe('miss');
  expect(outcomes([growth(20)]).at(-1)?.result).toBe('pass');
});

test('what stands for comparison is neither reached nor missed', () => {
  const cpu = (peer: string, cpuUs: number): Sample => ({ scene: 'cores', peer, round: 0, figures: { cpuUs } });
  const compared = outcomes([cpu('haproxy', 10), cpu('haproxy, 2 threads', 30)]).filter(
    ({ measured }) => measured !== null,
  );
  expect(compared.map(({ measured, result }) => [measured?.median, result])).toEqual([[3, 'for comparison']]);
});

test('anonymous mappings of smaps: private and writable, no file, no stack, no code', () => {
  const mapping = (head: string, kilobytes: number): string =>
    `${head}\nSize: 9999 kB\nKernelPageSize: 4 kB\nRss: ${kilobytes} kB\nPss: 1 kB\nVmFlags: rd wr mr\n`;
  const smaps = [
    mapping('7f0000000000-7f0000100000 rw-p 00000000 00:00 0 ', 12),
    mapping('7f0000200000-7f0000201000 rw-p 00001000 fe:00 77                         /usr/lib/libc.so.6', 4),
    mapping('7f0000300000-7f0000400000 rwxp 00000000 00:00 0 ', 8),
    mapping('7f0000500000-7f0000501000 rw-p 00000000 00:00 0                          [heap]', 4),
    mapping('7f0000600000-7f0000601000 rw-p 00000000 00:00 0 ', 0),
  ].join('');
  expect(anonymousMappings(smaps)).toEqual([
    { byteLength: 0x100000, resident: 12 * 1024 },
    { byteLength: 0x1000, resident: 0 },
  ]);
});
