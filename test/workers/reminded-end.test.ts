import { beforeEach, expect, test } from '@jest/globals';
import { RemindedEnd } from '../../src/workers/reminded-end.ts';
import { VirtualTime } from '../support/virtual-time.ts';

let time: VirtualTime;
beforeEach(() => {
  time = new VirtualTime();
});

function recorded(): { readonly end: RemindedEnd; readonly told: (number | 'over')[] } {
  const told: (number | 'over')[] = [];
  const end = new RemindedEnd({ lasts: (seconds) => told.push(seconds), over: () => told.push('over') }, time);
  return { end, told };
}

test('it reminds each minute, and is over once', async () => {
  const { end, told } = recorded();
  end.after(130);
  await time.advance(59_000);
  expect(told).toEqual([]);
  await time.advance(70_999);
  expect(told).toEqual([70, 10]);
  await time.advance(1_000_000);
  expect(told).toEqual([70, 10, 'over']);
});

test('a second call replaces the first; cancelled it is never over', async () => {
  const { end, told } = recorded();
  end.after(10);
  await time.advance(9000);
  end.after(10);
  await time.advance(9000);
  expect(told).toEqual([]);
  end.cancel();
  await time.advance(1_000_000);
  expect(told).toEqual([]);
});
