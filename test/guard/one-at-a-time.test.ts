import { expect, test } from '@jest/globals';
import { oneAtATime } from '../../src/guard/one-at-a-time.ts';

// Was so: answers that came in another order than they were asked for were believed.
test('while one is under way no other is begun, and afterwards one is', async () => {
  const begun: PromiseWithResolvers<void>[] = [];
  const tick = oneAtATime(async () => {
    begun.push(Promise.withResolvers<void>());
    await begun.at(-1)!.promise;
  });
  tick();
  tick();
  expect(begun).toHaveLength(1);
  begun[0]!.resolve();
  await new Promise(setImmediate);
  tick();
  tick();
  expect(begun).toHaveLength(2);
});
