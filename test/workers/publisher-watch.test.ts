/** A publisher that is not heard any more: when, and what becomes of its list. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { parseConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/types.ts';
import { NO_VERSIONS } from '../../src/list/source/source.ts';
import { PublisherWatch } from '../../src/workers/publisher-watch.ts';
import { memoryLog } from '../support/memory-log.ts';
import type { MemoryLog } from '../support/memory-log.ts';

const DAY = 86_400_000;
let log: MemoryLog;
/** Milliseconds. */
let silentMs: number | null;
let changes: number;
let isRefused: boolean;

beforeEach(() => {
  log = memoryLog();
  [silentMs, changes, isRefused] = [0, 0, false];
});

function configOf(action: string): Config {
  const far = `{ name: far, source: "tuf+https://lists.example/a/", root: ./root.json, identity: ./a.age, ifPublisherGone: { after: 2d, then: ${action} } }`;
  const loaded = parseConfig(
    `listeners:\n  - { name: all }\n  - { name: one, port: 0, lists: [far] }\npolicies:\n  - { name: both, clients: [192.0.2.0/24], lists: [own, far] }\nlists:\n  - { name: own, source: ./own.txt }\n  - ${far}\n`,
    '/etc/cleanfeed/f.yaml',
    {},
  );
  if (!loaded.ok) throw new Error('a configuration of the test is wrong');
  return loaded.config;
}

function watchOf(config: Config): PublisherWatch {
  return new PublisherWatch({
    log,
    lists: () =>
      config.lists.map(({ name }) => ({ name, versions: { ...NO_VERSIONS, inForce: null, held: null, silentMs } })),
    configs: () => config.lists,
    changed: () => {
      changes += 1;
      return Promise.resolve(!isRefused);
    },
  });
}

describe.each([
  { gone: 'serve', actions: ['block', 'block'], lists: [[0, 1], [1], [0, 1]] },
  { gone: 'count', actions: ['block', 'count'], lists: [[0, 1], [1], [0, 1]] },
  { gone: 'drop', actions: ['block', 'block'], lists: [[0], [], [0]] },
])('$gone', ({ gone, actions, lists }) => {
  test('comes into force after the stated time, and ends when the publisher is heard', async () => {
    const config = configOf(gone);
    const watch = watchOf(config);
    silentMs = 2 * DAY;
    await watch.look();
    expect([watch.adjusted(config), changes, log.events]).toEqual([config, 0, []]);
    silentMs += 1;
    await watch.look();
    await watch.look();
    const adjusted = watch.adjusted(config);
    expect(adjusted.lists.map(({ action }) => action)).toEqual(actions);
    expect([...adjusted.listeners, ...adjusted.policies].map((owner) => owner.lists)).toEqual(lists);
    expect(changes).toBe(1);
    expect(log.named('list.publisher_gone')).toEqual([{ list: 'far', action: gone }]);
    silentMs = 0;
    await watch.look();
    expect([watch.adjusted(config), changes]).toEqual([config, 2]);
    expect(log.named('list.publisher_back')).toEqual([{ list: 'far' }]);
  });
});

test('of several lists each has its own time and its own consequence, and one that is heard again does not bring back another', async () => {
  const terms = (name: string, after: string, action: string): string =>
    `  - { name: ${name}, source: "tuf+https://lists.example/${name}/", root: ./root.json, identity: ./a.age, ifPublisherGone: { after: ${after}, then: ${action} } }\n`;
  const loaded = parseConfig(
    `lists:\n${terms('one', '2d', 'drop')}${terms('two', '4d', 'count')}${terms('three', '1d', 'serve')}`,
    '/etc/cleanfeed/f.yaml',
    {},
  );
  if (!loaded.ok) throw new Error('a configuration of the test is wrong');
  const { config } = loaded;
  const silent: Record<string, number> = {};
  const watch = new PublisherWatch({
    log,
    lists: () =>
      config.lists.map(({ name }) => ({
        name,
        versions: { ...NO_VERSIONS, inForce: null, held: null, silentMs: silent[name] ?? 0 },
      })),
    configs: () => config.lists,
    changed: () => Promise.resolve(true),
  });
  const found = async (one: number, two: number, three: number): Promise<unknown> => {
    Object.assign(silent, { one: one * DAY, two: two * DAY, three: three * DAY });
    await watch.look();
    const { lists, listeners } = watch.adjusted(config);
    return [lists.map(({ action }) => action).join(' '), listeners.map((listener) => listener.lists)];
  };
  expect(await found(3, 3, 3)).toEqual(['block block block', [[1, 2]]]);
  expect(await found(5, 5, 5)).toEqual(['block count block', [[1, 2]]]);
  expect(await found(0, 6, 6)).toEqual(['block count block', [[0, 1, 2]]]);
  expect(await found(1, 0, 7)).toEqual(['block block block', [[0, 1, 2]]]);
  expect(['one', 'two', 'three'].map(watch.isDropped)).toEqual([false, false, false]);
  expect(log.named('list.publisher_gone').map(({ list, action }) => [list, action])).toEqual([
    ['one', 'drop'],
    ['three', 'serve'],
    ['two', 'count'],
  ]);
});

test('what cannot be brought into force is tried again, and told once', async () => {
  const config = configOf('drop');
  const watch = watchOf(config);
  silentMs = 2 * DAY + 1;
  await watch.look();
  silentMs = 0;
  isRefused = true;
  await watch.look();
  await watch.look();
  isRefused = false;
  await watch.look();
  await watch.look();
  expect([watch.adjusted(config), changes]).toEqual([config, 4]);
  expect(log.named('list.publisher_back')).toHaveLength(1);
});

test('a list that has never loaded has no publisher that could be gone', async () => {
  silentMs = null;
  await watchOf(configOf('drop')).look();
  expect([changes, log.events]).toEqual([0, []]);
});
