/** The arithmetic behind the micro benches, their list, and that what is compared gives the same answers as ours. */
import { describe, expect, test } from '@jest/globals';
import { urlList } from '../../bench/data/url-list.ts';
import { Ours } from '../../bench/micro/compared/ours.ts';
import { SafeBrowsing } from '../../bench/micro/compared/safe-browsing.ts';
import { StringSet } from '../../bench/micro/compared/string-set.ts';
import { measure } from '../../bench/micro/harness.ts';
import { someOf } from '../../bench/micro/lists/half-and-half.ts';
import { chart } from '../../bench/micro/report/chart.ts';
import { combined, figure, resultOf, spreadText } from '../../bench/micro/report/figure.ts';

const named = { bench: 'b', name: 'n', unit: 'ns' } as const;

describe('a figure', () => {
  test.each([
    { name: 'at its target', target: 5, samples: [9, 1, 5], want: 'pass' },
    { name: 'above it', target: 4.9, samples: [9, 1, 5], want: 'miss' },
    { name: 'without one', target: null, samples: [5], want: '' },
    { name: 'without samples', target: 5, samples: [], want: 'not measured' },
  ])('$name: $want', ({ target, samples, want }) => expect(resultOf(figure({ ...named, target }, samples))).toBe(want));

  test('is combined round by round', () => {
    const ratio = combined(named, figure(named, [4, 9]), figure(named, [2, 3]), (a, b) => a / b);
    expect(ratio.samples).toEqual([2, 3]);
  });

  test.each([
    { samples: [1234.5, 12.34, 1.234], want: '12.3 (1.23 to 1,235)' },
    { samples: [37.96], want: '38.0' },
    { samples: [], want: '' },
  ])('$want', ({ samples, want }) => expect(spreadText(figure(named, samples))).toBe(want));
});

test('a case that does not do what it should is not measured', () => {
  const check = (): never => {
    throw new Error('wrong answer');
  };
  expect(() => measure({ name: 'b', cases: [{ name: 'n', budget: null, check, run: () => 0 }] }, 1)).toThrow(
    'wrong answer',
  );
});

test.each([10_000, 100_000, 1_000_000])(
  '%i: numbers of entries, each once, of one half, from all over the list',
  (entries) => {
    const urls = someOf('urls', entries, 4096);
    expect(new Set(urls).size).toBe(4096);
    expect(urls.every((i) => i % 2 === 1 && i < entries)).toBe(true);
    expect(Math.max(...urls.slice(0, 100))).toBeGreaterThan(entries * 0.9);
  },
);

test('the chart has a line for each series and every point of it', () => {
  const point = (series: string, size: number, samples: readonly number[]): ReturnType<typeof figure> =>
    figure({ ...named, point: { series, size } }, samples);
  const svg = chart([
    point('fast', 1e4, [20, 30, 25]),
    point('fast', 1e7, [30, 40, 35]),
    point('other: <slow>', 1e4, [900, 1000, 950]),
    figure(named, [1]),
  ]);
  expect(svg.match(/<polyline/g)).toHaveLength(2);
  expect(svg.match(/<circle/g)).toHaveLength(3);
  expect(svg).toContain('other: &lt;slow> (950 ns)');
  expect(svg).not.toContain('NaN');
});

test('ours, a Set of strings and SHA-256 per expression agree on every URL of a list and on its sibling', () => {
  const urls = urlList(12_000);
  for (const rival of [new Ours(100), new StringSet(), new SafeBrowsing()]) {
    for (const { host, path } of urls) rival.add(host, path);
    rival.finish();
    expect(urls.filter(({ host, path }) => !rival.blocks(host, path))).toEqual([]);
    expect(urls.filter(({ host, path }) => rival.blocks(host, `/beside${path}`))).toEqual([]);
    expect(urls.filter(({ path }) => rival.blocks('elsewhere.example', path))).toEqual([]);
  }
});
