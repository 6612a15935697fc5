/** Asking again and again: how far apart, and until when. */
import { expect, test } from '@jest/globals';
import { poll } from '../../../src/list/source/poll.ts';
import { VirtualTime } from '../../support/virtual-time.ts';

test('each interval is up to a tenth shorter or longer, and nothing is asked after the end', async () => {
  const time = new VirtualTime();
  const shares = [0, 1, 0.5];
  const asked: number[] = [];
  const polling = poll(
    1000,
    () => asked.push(time.now()),
    time,
    () => shares.shift() ?? 0.5,
  );
  await time.advance(3100);
  expect(asked).toEqual([900, 2000, 3000]);
  polling.close();
  await time.advance(10_000);
  expect(asked).toHaveLength(3);
});
