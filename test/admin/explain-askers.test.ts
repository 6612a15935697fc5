/** Who asks `/explain`, and how often: nobody uses up what others may ask, and who is told of many entries is held, as by the proxy. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { Brake } from '../../src/accept/brake.ts';
import { ExplainAskers } from '../../src/admin/explain-askers.ts';
import type { Explanation } from '../../src/observe/explanation.ts';
import { VirtualTime } from '../support/virtual-time.ts';
import { EXPLANATIONS } from './explanations.ts';

let time: VirtualTime;
beforeEach(() => {
  time = new VirtualTime();
});

function askersWith(differentHits = 3): ExplainAskers {
  const brake = new Brake({ differentHits, windowMs: 600_000, pauseMs: 2_000 }, () => {});
  return new ExplainAskers({ brake, clientPrefix: () => ({ ipv4: 32, ipv6: 56 }), time });
}

const found = (entry: string): Explanation => ({ ...EXPLANATIONS.block, list: 'own', entry, lookUps: [] });

/** Questions of one address that have come, and what became of those that wait no more. */
function asking(askers: ExplainAskers, address: string, times: number, gone?: AbortSignal) {
  const outcomes: (string | null)[] = [];
  for (let i = 0; i < times; i += 1) void askers.refuses(address, gone).then((why) => outcomes.push(why));
  return {
    outcomes,
    /** `ms` later as many wait no more. */
    after: async (ms: number, settled: number): Promise<void> => {
      await time.advance(ms);
      expect(outcomes.length).toBe(settled);
    },
  };
}

describe('a budget of all together', () => {
  test('a hundred at once, then twenty a second; whoever comes next waits for his turn', async () => {
    const askers = askersWith();
    const one = asking(askers, '192.0.2.1', 103);
    await one.after(0, 100);
    expect(one.outcomes).toEqual(Array.from({ length: 100 }, () => null));
    await one.after(50, 101);
    await one.after(50, 102);
    expect([one.outcomes.length, one.outcomes.at(-1)]).toEqual([102, null]);
    expect(askers.counts.too_often).toBe(0);
  });

  // Was a fault: who shares the address of a page's reader (a user of the machine, of one network) used up what that one may ask.
  test('who asks without an end keeps neither another address waiting nor another connection of his own for long', async () => {
    const askers = askersWith();
    await asking(askers, '127.0.0.1', 100).after(0, 100);
    const many = asking(askers, '127.0.0.1', 15);
    const reader = asking(askers, '127.0.0.1', 1);
    const other = asking(askers, '192.0.2.2', 1);
    const network = asking(askers, '2001:db8:0:ff::2', 1);
    // In turns: one of the many, one of each of the others.
    await network.after(150, 1);
    expect([many, other, network, reader].map(({ outcomes }) => outcomes)).toEqual([[null], [null], [null], []]);
    // It is behind what has come before, of which there is one for each connection.
    await reader.after(750, 1);
    expect([reader.outcomes, many.outcomes.length]).toEqual([[null], 15]);
  });

  test('one customer’s addresses have one turn', async () => {
    const askers = askersWith();
    await asking(askers, '192.0.2.1', 100).after(0, 100);
    const [first, second] = [asking(askers, '2001:db8::1', 2), asking(askers, '2001:db8:0:ff::2', 1)];
    const other = asking(askers, '2001:db8:0:100::1', 1);
    await other.after(100, 1);
    expect([first.outcomes.length, second.outcomes.length]).toEqual([1, 0]);
  });

  test('who has waited for five seconds is told that it is too often, and it is counted', async () => {
    const askers = askersWith();
    await asking(askers, '192.0.2.1', 100).after(0, 100);
    const late = asking(askers, '192.0.2.1', 3);
    // With the budget nobody else waits for as long: this thread has stood still.
    time.standStill(5_000);
    await late.after(0, 3);
    expect(late.outcomes).toEqual(['too_often', 'too_often', 'too_often']);
    expect(askers.counts).toEqual({ answered: 0, too_often: 3, slowed: 0 });
  });

  // Was a fault: those that waited took all connections of their address, and a balancer that asked from it ended one of them, or found none.
  test('no more of one asker wait than half of the connections: the last is told', async () => {
    const askers = askersWith();
    await asking(askers, '192.0.2.1', 100).after(0, 100);
    const [many, other] = [asking(askers, '192.0.2.1', 20), asking(askers, '192.0.2.2', 1)];
    await many.after(0, 4);
    expect([many.outcomes, other.outcomes]).toEqual([Array.from({ length: 4 }, () => 'too_often'), []]);
    await other.after(100, 1);
    expect(other.outcomes).toEqual([null]);
  });

  test('nor in all: the last of whoever has the most goes', async () => {
    const askers = askersWith();
    await asking(askers, '192.0.2.1', 100).after(0, 100);
    const [many, few] = [asking(askers, '192.0.2.1', 16), asking(askers, '192.0.2.2', 15)];
    const others = [3, 4].map((last) => asking(askers, `192.0.2.${last}`, 1));
    await many.after(0, 1);
    expect([many, few, ...others].map(({ outcomes }) => outcomes)).toEqual([['too_often'], [], [], []]);
  });

  test('whose connection is gone takes nobody’s turn', async () => {
    const askers = askersWith();
    await asking(askers, '192.0.2.1', 100).after(0, 100);
    const connection = new AbortController();
    const gone = asking(askers, '192.0.2.1', 15, connection.signal);
    const stays = asking(askers, '192.0.2.1', 1);
    connection.abort();
    await gone.after(0, 15);
    await stays.after(50, 1);
    expect(stays.outcomes).toEqual([null]);
    expect(await askers.refuses('192.0.2.1', AbortSignal.abort())).toBe('too_often');
  });
});

describe('the brake', () => {
  test('holds who is told of many different entries, whatever he asks next, and counts it', async () => {
    const askers = askersWith(3);
    for (const entry of ['own:1', 'own:1', 'own:2', 'own:1', 'own:2']) {
      expect(await askers.refuses('127.0.0.1')).toBeNull();
      askers.told('127.0.0.1', found(entry));
    }
    expect(await askers.refuses('127.0.0.1')).toBeNull();
    // More than three as it is estimated, though some of them be taken for one another.
    for (const entry of ['own:3', 'own:4', 'own:5', 'own:6']) askers.told('127.0.0.1', found(entry));
    expect(await askers.refuses('127.0.0.1')).toBe('slowed');
    expect(await askers.refuses('192.0.2.1')).toBeNull();
    expect(askers.counts).toEqual({ answered: 9, too_often: 0, slowed: 1 });
    await time.advance(2_000);
    expect(await askers.refuses('127.0.0.1')).toBeNull();
    // One that was told before is nothing new; it holds all the same, since the count has not become less.
    askers.told('127.0.0.1', found('own:4'));
    expect(await askers.refuses('127.0.0.1')).toBe('slowed');
  });

  test('counts every entry that an answer names', async () => {
    const askers = askersWith(3);
    const lookUp = { ...EXPLANATIONS.block.lookUps[0]!, entries: ['own:2', 'own:3', 'other:4', 'other:5'] };
    askers.told('127.0.0.1', { ...found('own:1'), lookUps: [lookUp] });
    expect(await askers.refuses('127.0.0.1')).toBe('slowed');
  });

  test('counts nothing where nothing was found', async () => {
    const askers = askersWith(1);
    for (let i = 0; i < 10; i += 1) askers.told('127.0.0.1', { ...EXPLANATIONS.pass, entry: null, lookUps: [] });
    expect(await askers.refuses('127.0.0.1')).toBeNull();
  });
});
