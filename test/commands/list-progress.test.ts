/** One bar for all lists and all passes over them, which only goes forward and ends with the last pass. */
import { expect, test } from '@jest/globals';
import { ListProgress } from '../../src/commands/list-progress.ts';

function shown(passes: number): { readonly progress: ListProgress; readonly shares: readonly number[] } {
  const shares: number[] = [];
  return { progress: new ListProgress({ update: (share) => void shares.push(share) }, passes), shares };
}

test('shares are of the bytes of all lists, and of all passes', () => {
  const { progress, shares } = shown(2);
  progress.expect('long', 300);
  progress.expect('short', 100);
  const long = progress.of('long', 'judged');
  long(100);
  long(300);
  progress.of('short', 'judged')(100);
  progress.of('long', 'entries')(150);
  progress.of('short', 'entries')(100);
  progress.of('long', 'entries')(300);
  expect(shares).toEqual([0.125, 0.375, 0.5, 0.6875, 0.8125, 1]);
});

test('a list whose length is known only when it has come counts from then on', () => {
  const { progress, shares } = shown(1);
  progress.expect('file', 100);
  progress.of('file', 'judged')(50);
  progress.expect('far', 100);
  progress.of('file', 'judged')(100);
  progress.of('far', 'judged')(100);
  expect(shares).toEqual([0.5, 0.5, 1]);
});
