/** The brake on enumeration with given time: who is slowed down, for how long, and what is forgotten. */
import { describe, expect, test } from '@jest/globals';
import { Brake } from '../../src/accept/brake.ts';
import type { BrakeConfig } from '../../src/config/types.ts';

const CONFIG: BrakeConfig = { differentHits: 50, windowMs: 600_000, pauseMs: 2000 };
const ONE = { prefix: '\u00c0\u0000\u0002\u0001\u0000', isOneClient: true };
const OTHER = { prefix: '\u00c0\u0000\u0002\u0002\u0000', isOneClient: true };

function brakeOf(config: Partial<BrakeConfig> = {}): { readonly brake: Brake; readonly slowed: () => number } {
  let slowed = 0;
  const brake = new Brake({ ...CONFIG, ...config }, () => void (slowed += 1));
  return { brake, slowed: () => slowed };
}

/** So many different refusals. */
function collect(brake: Brake, client: typeof ONE, count: number, { now = 0, from = 0 } = {}): void {
  for (let i = from; i < from + count; i++) brake.hit(client, { list: i % 3, entry: BigInt(i) }, now);
}

describe('who is slowed down', () => {
  test('whoever collects many different refusals, after about as many as are allowed', () => {
    const { brake } = brakeOf();
    let at = 0;
    while (!brake.holds(ONE)) collect(brake, ONE, 1, { from: at++ });
    // Entries that share a bit are reckoned in: the estimate is off by a few.
    expect(at).toBeGreaterThan(40);
    expect(at).toBeLessThan(65);
    expect(brake.holds(OTHER)).toBe(false);
  });

  test('not whoever is refused the same entries again and again', () => {
    const { brake, slowed } = brakeOf();
    for (let i = 0; i < 100; i++) collect(brake, ONE, 20);
    expect(slowed()).toBe(0);
  });

  test.each([
    { name: 'who shares an address with others', client: { ...ONE, isOneClient: false }, config: {} },
    { name: 'anybody, where it is switched off', client: ONE, config: { differentHits: 0 } },
  ])('not $name', ({ client, config }) => {
    const { brake, slowed } = brakeOf(config);
    collect(brake, client, 1000);
    expect(slowed()).toBe(0);
  });

  test('the highest bound is reached before all bits are', () => {
    const { brake, slowed } = brakeOf({ differentHits: 200 });
    collect(brake, ONE, 300);
    expect(slowed()).toBeGreaterThan(60);
    // All bits are set by now: it goes on.
    collect(brake, ONE, 5000);
    const before = slowed();
    collect(brake, ONE, 10, { from: 5000 });
    expect(slowed()).toBe(before + 10);
  });
});

test('so many clients are remembered; one more, and the oldest is forgotten', () => {
  const known = 4096;
  const other = (i: number): typeof ONE => ({ prefix: String.fromCharCode(i >> 8, i & 255), isOneClient: true });
  const isHeldAfter = (others: number): boolean => {
    const { brake } = brakeOf();
    collect(brake, ONE, 45);
    for (let i = 0; i < others; i += 1) collect(brake, other(i), 1);
    collect(brake, ONE, 30, { from: 45 });
    return brake.holds(ONE);
  };
  expect(isHeldAfter(known - 1)).toBe(true);
  expect(isHeldAfter(known)).toBe(false);
});

test('each further refusal is one pause, whoever waits is called back after it, in order, once', () => {
  const { brake, slowed } = brakeOf();
  collect(brake, ONE, 100);
  const held = slowed();
  const log: string[] = [];
  brake.wait(ONE, () => {
    log.push('first');
    collect(brake, ONE, 30, { from: 1000, now: 2000 });
  });
  brake.wait(ONE, () => log.push('second'));
  brake.sweep(1999);
  expect(log).toEqual([]);
  brake.sweep(2000);
  expect(log).toEqual(['first', 'second']);
  expect(slowed()).toBeGreaterThan(held);
  expect(brake.holds(ONE)).toBe(true);
  brake.sweep(4000);
  expect(brake.holds(ONE)).toBe(false);
  expect(log.length).toBe(2);
});

test('with the window all is forgotten', () => {
  const { brake, slowed } = brakeOf();
  collect(brake, ONE, 35);
  collect(brake, ONE, 35, { from: 100, now: 600_000 });
  expect(slowed()).toBe(0);
});

test('what is kept is bounded: of many clients the oldest are forgotten', () => {
  const { brake, slowed } = brakeOf();
  collect(brake, ONE, 40);
  for (let i = 0; i < 5000; i++) brake.hit({ prefix: `client ${i}`, isOneClient: true }, { list: 0, entry: 1n }, 0);
  collect(brake, ONE, 40, { from: 100 });
  expect(slowed()).toBe(0);
});
