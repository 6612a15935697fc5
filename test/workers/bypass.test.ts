/** Break-glass: what data threads see of it, and what is told. It ends by itself in test/e2e. */
import { afterEach, expect, test } from '@jest/globals';
import { steadyNow } from '../../src/lib/steady-clock.ts';
import type { Log } from '../../src/observe/log.ts';
import { Bypass } from '../../src/workers/bypass.ts';
import { TimedSwitch } from '../../src/workers/timed-switch.ts';
import { BYPASS_SLOT } from '../../src/workers/messages.ts';
import { eventually } from '../support/eventually.ts';

const open: { off(why: 'shutdown'): boolean }[] = [];
afterEach(() => {
  for (const bypass of open.splice(0)) bypass.off('shutdown');
});

interface Started {
  readonly bypass: Bypass;
  readonly told: (readonly [event: string, fields: unknown])[];
  readonly slot: () => number;
}

function start(): Started {
  const control = new Int32Array(BYPASS_SLOT + 1);
  const told: (readonly [string, unknown])[] = [];
  const log = { event: (_level: string, event: string, fields: unknown) => void told.push([event, fields]) };
  const bypass = new Bypass(control, log as unknown as Log);
  open.push(bypass);
  return { bypass, told, slot: () => control[BYPASS_SLOT] ?? 0 };
}

test('it is on until it is told to be off, and says so once each', () => {
  const { bypass, told, slot } = start();
  expect([bypass.endsAt, slot(), bypass.off('requested'), bypass.endedAt]).toEqual([null, 0, false, -Infinity]);
  const [second] = process.hrtime();
  bypass.on(600);
  // Never longer than was said: the second that has begun does not count.
  expect(slot() - second).toBeGreaterThanOrEqual(600);
  expect(slot()).toBeLessThanOrEqual(process.hrtime()[0] + 600);
  expect([bypass.endsAt, bypass.endedAt]).toEqual([expect.any(Number), -Infinity]);
  const before = steadyNow();
  expect(bypass.off('requested')).toBe(true);
  expect(bypass.endedAt >= before && bypass.endedAt <= steadyNow()).toBe(true);
  expect([bypass.endsAt, slot(), bypass.off('requested')]).toEqual([null, 0, false]);
  expect(told).toEqual([
    ['bypass.enabled', { seconds: 600 }],
    ['bypass.disabled', { reason: 'requested' }],
  ]);
});

test('a second call replaces the first', () => {
  const { bypass, slot } = start();
  bypass.on(600);
  const first = slot();
  bypass.on(60);
  expect(first - slot()).toBeGreaterThan(500);
});

test('what was switched off for a while ends by itself', async () => {
  const control = new Int32Array(1);
  const ended: string[] = [];
  const off = new TimedSwitch(control, 0, { begins: () => {}, lasts: () => {}, ends: (why) => ended.push(why) });
  off.begin(0);
  await eventually('it has ended', () => ended.length > 0);
  expect(ended).toEqual(['expired']);
  expect([off.endsAt, control[0]]).toEqual([null, 0]);
});
