import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { routeCount } from '../../src/guard/route-count.ts';

test.each([
  { name: 'a number', output: '3\n', want: 3 },
  { name: 'a number without a newline, with spaces', output: '  17 ', want: 17 },
  { name: 'BIRD', output: 'BIRD 2.17.1 ready.\n2 of 5 routes for 3 networks in table master4\n', want: 2 },
  {
    name: 'BIRD, two tables',
    output:
      'BIRD 2.17.1 ready.\n2 of 5 routes for 3 networks in table master4\n1 of 1 routes for 1 networks in table master6\nTotal: 3 of 6 routes for 4 networks in 2 tables\n',
    want: 3,
  },
  { name: 'no route', output: '0 of 0 routes for 0 networks in table master4\n', want: 0 },
  { name: 'nothing', output: '', want: null },
  { name: 'words', output: 'BIRD 2.17.1 ready.\nNetwork not found\n', want: null },
  { name: 'a version is no count', output: '2.17.1\n', want: null },
  { name: 'a negative number', output: '-1\n', want: null },
])('$name: $want', ({ output, want }) => {
  expect(routeCount(output)).toBe(want);
});

test('total, and no other number than one of the text', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('1', '20', ' ', '\n', 'of', 'routes', '\t', 'x', '-', 'Total:') }),
      (output) => {
        const count = routeCount(output);
        expect(count === null || output.includes(String(count)) || /^0+$/.test(String(count))).toBe(true);
      },
    ),
  );
});

test('of so many lines the count is looked for', () => {
  const output = (before: number): string => `${'x\n'.repeat(before)}7\n`;
  expect([routeCount(output(999)), routeCount(output(1000))]).toEqual([7, null]);
});
