/** Who asks `/explain`, and how often: nobody uses up what others may ask, and who is told of many entries is held, as by the proxy. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { Brake } from '../../src/accept/brake.ts';
import { ExplainAskers } from '../../src/admin/explain-askers.ts';
import type { Explanation } from '../../src/observe/explanation.ts';
import { EXPLANATIONS } from './explanations.ts';

let now: number;
beforeEach(() => {
  now = 1_000_000;
});

function askersWith(differentHits = 3): ExplainAskers {
  const brake = new Brake({ differentHits, windowMs: 600_000, pauseMs: 2_000 }, () => {});
  return new ExplainAskers({ brake, clientPrefix: () => ({ ipv4: 32, ipv6: 56 }), now: () => now });
}

const answered = (askers: ExplainAskers, address: string, times: number): number =>
  Array.from({ length: times }, () => askers.refuses(address)).filter((why) => why === null).length;

const found = (entry: string): Explanation => ({ ...EXPLANATIONS.block, list: 'own', entry, lookUps: [] });

describe('a budget', () => {
  test('of one asker: twenty at once, then one a second', () => {
    const askers = askersWith();
    expect(answered(askers, '192.0.2.1', 100)).toBe(20);
    now += 3_000;
    expect(answered(askers, '192.0.2.1', 100)).toBe(3);
    now += 3_600_000;
    expect(answered(askers, '192.0.2.1', 100)).toBe(20);
    expect(askers.counts).toEqual({ answered: 0, too_often: 257, slowed: 0 });
  });

  test('is nobody else’s, unless he has another address of the same customer', () => {
    const askers = askersWith();
    answered(askers, '192.0.2.1', 100);
    expect(answered(askers, '::ffff:192.0.2.1', 1)).toBe(0);
    expect(answered(askers, '192.0.2.2', 20)).toBe(20);
    expect(answered(askers, '2001:db8::1', 100)).toBe(20);
    expect(answered(askers, '2001:db8:0:ff::2', 1)).toBe(0);
    expect(answered(askers, '2001:db8:0:100::1', 20)).toBe(20);
  });

  test('is bounded for all together, however many addresses they have', () => {
    const askers = askersWith();
    const all = (): number => {
      let sum = 0;
      for (let host = 0; host < 3_000; host += 1) sum += answered(askers, `198.18.${host >> 8}.${host & 255}`, 1);
      return sum;
    };
    expect(all()).toBe(100);
    now += 1_000;
    expect(all()).toBe(20);
  });
});

describe('the brake', () => {
  test('holds who is told of many different entries, whatever he asks next, and counts it', () => {
    const askers = askersWith(3);
    for (const entry of ['own:1', 'own:1', 'own:2', 'own:1', 'own:2']) {
      expect(askers.refuses('127.0.0.1')).toBeNull();
      askers.told('127.0.0.1', found(entry));
    }
    expect(askers.refuses('127.0.0.1')).toBeNull();
    // About three: the count is an estimate.
    askers.told('127.0.0.1', found('own:3'));
    askers.told('127.0.0.1', found('own:4'));
    expect(askers.refuses('127.0.0.1')).toBe('slowed');
    expect(askers.refuses('192.0.2.1')).toBeNull();
    expect(askers.counts).toEqual({ answered: 7, too_often: 0, slowed: 1 });
    now += 2_000;
    expect(askers.refuses('127.0.0.1')).toBeNull();
    // One that was told before is nothing new; it holds all the same, since the count has not become less.
    askers.told('127.0.0.1', found('own:4'));
    expect(askers.refuses('127.0.0.1')).toBe('slowed');
  });

  test('counts every entry that an answer names', () => {
    const askers = askersWith(3);
    const lookUp = { ...EXPLANATIONS.block.lookUps[0]!, entries: ['own:2', 'own:3', 'other:4', 'other:5'] };
    askers.told('127.0.0.1', { ...found('own:1'), lookUps: [lookUp] });
    expect(askers.refuses('127.0.0.1')).toBe('slowed');
  });

  test('counts nothing where nothing was found', () => {
    const askers = askersWith(1);
    for (let i = 0; i < 10; i += 1) askers.told('127.0.0.1', { ...EXPLANATIONS.pass, entry: null, lookUps: [] });
    expect(askers.refuses('127.0.0.1')).toBeNull();
  });
});
