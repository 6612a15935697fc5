import { describe, expect, test } from '@jest/globals';
import type { Config } from '../../src/config/types.ts';
import type { Log } from '../../src/observe/log.ts';
import { SlotRegister } from '../../src/workers/counter-slots.ts';
import { carriedMask } from '../../src/workers/list-rules.ts';
import { effectiveConfig, logConfigWarnings, nextEffectiveConfig } from '../../src/workers/effective-config.ts';
import { CONFIG } from '../observe/fixtures.ts';

const [MAIN, OWN] = CONFIG.lists as [Config['lists'][number], Config['lists'][number]];
const [EXPLICIT, SCHOOL] = CONFIG.listeners as [Config['listeners'][number], Config['listeners'][number]];

describe('the next settings', () => {
  const register = new SlotRegister();
  const first = effectiveConfig(CONFIG, register, { now: 1, revision: 1, descriptorLimit: null })!;

  test('the same file: the same rules', () => {
    const next = nextEffectiveConfig(first, CONFIG, register, 2)!;
    expect(next.rules).toBe(first.rules);
    expect(next).toMatchObject({ config: CONFIG, restartRequired: [] });
  });

  test('what is fixed stays and is named', () => {
    const wanted: Config = {
      ...CONFIG,
      workers: 9,
      admin: { ...CONFIG.admin, port: 1 },
      state: { directory: '/x' },
      log: { level: 'debug', format: 'auto' },
      control: { socket: '/y' },
      limits: { ...CONFIG.limits, headerCount: 1 },
    };
    const next = nextEffectiveConfig(first, wanted, register, 2)!;
    expect(next.restartRequired).toEqual(['admin', 'workers', 'state.directory', 'control.socket', 'log']);
    expect(next.config).toEqual({ ...CONFIG, limits: wanted.limits });
  });

  test('names keep their slots, whatever their order', () => {
    const more = { ...MAIN, name: 'more' };
    const next = nextEffectiveConfig(
      first,
      { ...CONFIG, lists: [more, OWN, MAIN], listeners: [{ ...SCHOOL, lists: [1, 2] }] },
      register,
      2,
    )!;
    expect(first.slots).toEqual({ listeners: [0, 1], lists: [0, 1] });
    expect(next.slots).toEqual({ listeners: [1], lists: [2, 1, 0] });
    expect(next.rules.revision).toBe(2);
    expect([...next.rules.masks]).toEqual([[SCHOOL.name, 0b110]]);
    const again = nextEffectiveConfig(next, CONFIG, register, 3)!;
    expect(again.slots).toEqual(first.slots);
  });

  test('more names than slots: no settings', () => {
    const many = new SlotRegister();
    const named = (from: number): Config => ({
      ...CONFIG,
      listeners: Array.from({ length: 64 }, (_, i) => ({ ...EXPLICIT, name: `l${from + i}` })),
    });
    const one = effectiveConfig(named(0), many, { now: 0, revision: 1, descriptorLimit: null })!;
    const two = nextEffectiveConfig(one, named(64), many, 0)!;
    expect(two.slots.listeners[63]).toBe(127);
    expect(nextEffectiveConfig(two, named(65), many, 0)).toBeNull();
    expect(nextEffectiveConfig(two, named(0), many, 0)).not.toBeNull();
  });
});

test('each key under its former name is logged when a configuration comes into force', () => {
  const renamedKeys = [{ former: 'limits.drainBytes', now: 'limits.lingerBytes', line: 7 }];
  const config = { ...CONFIG, renamedKeys };
  const lines: unknown[] = [];
  const log = { event: (...line: unknown[]) => lines.push(line) } as unknown as Log;
  logConfigWarnings(log, effectiveConfig(config, new SlotRegister(), { now: 1, revision: 1, descriptorLimit: null })!);
  expect(lines).toEqual([['warn', 'config.key_renamed', renamedKeys[0]]]);
});

test('connections of a listener that is gone stay with their lists, where these still exist', () => {
  const lists = (...names: string[]) => names.map((name) => Object.assign({}, MAIN, { name }));
  expect(carriedMask(0b101, lists('a', 'b', 'c'), lists('c', 'b', 'd', 'a'))).toBe(0b1001);
  expect(carriedMask(0, lists('a'), lists('a', 'b'))).toBe(0);
  expect(carriedMask(0b1, lists('a'), [])).toBe(0);
});
