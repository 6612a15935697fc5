/** Shares of clients: the same while it is used, forgotten when it is not, however many clients come. */
import { expect, test } from '@jest/globals';
import { ClientShares } from '../../src/dns-front/client-shares.ts';

test('a share that is used stays the same, whatever comes', () => {
  const shares = new ClientShares();
  const used = shares.of('used');
  used.taken = 2;
  for (let i = 0; i < 200_000; i++) shares.of(`client ${i}`);
  expect(shares.of('used')).toBe(used);
  expect(shares.size).toBeLessThan(70_000);
});

test('one that is in use is never forgotten, though all are in use', () => {
  const shares = new ClientShares();
  const all = Array.from({ length: 40_000 }, (_, i) => {
    const share = shares.of(`client ${i}`);
    share.taken = 1;
    return share;
  });
  for (let i = 0; i < 100_000; i++) shares.of(`another ${i}`);
  expect(all.every((share, i) => shares.of(`client ${i}`) === share)).toBe(true);
});
