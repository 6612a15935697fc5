/** Reloads that fail by a fault of ours, without any of the parts around them. */
import { beforeEach, expect, test } from '@jest/globals';
import type { LoadedConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/types.ts';
import { ConfigInForce } from '../../src/workers/config-in-force.ts';
import { SlotRegister } from '../../src/workers/counter-slots.ts';
import { effectiveConfig } from '../../src/workers/effective-config.ts';
import { InheritedSockets } from '../../src/workers/inherited-sockets.ts';
import { Reloader } from '../../src/workers/reload.ts';
import type { ReloaderOptions } from '../../src/workers/reload.ts';
import { CONFIG } from '../observe/fixtures.ts';
import { memoryLog } from '../support/memory-log.ts';
import type { MemoryLog } from '../support/memory-log.ts';

let log: MemoryLog;
let inForce: ConfigInForce;
/** What the workers were told to work by, in order. */
let configured: Config[];
let isEnding: boolean;
let files: (() => Promise<LoadedConfig>)[];

beforeEach(() => {
  const register = new SlotRegister();
  const first = effectiveConfig(CONFIG, register, { now: 0, revision: 1, descriptorLimit: null });
  if (first === null) throw new Error('no counters');
  log = memoryLog();
  inForce = new ConfigInForce(first);
  configured = [];
  files = [];
  isEnding = false;
});

function reloader(change: ReloaderOptions['lists']['change'] = async () => {}): Reloader {
  const { config } = inForce.current;
  return new Reloader({
    log,
    register: new SlotRegister(),
    pool: {
      listeners: { tryListeners: async () => {}, configure: async (by) => void configured.push(by) },
    },
    lists: { lists: () => [], reload: async () => {}, change },
    sockets: InheritedSockets.NONE,
    lacks: () => [],
    loadConfig: async () => await (files.shift() ?? (async () => file(config)))(),
    events: null,
    applied: () => {},
    isEnding: () => isEnding,
    wanted: config,
    adjusted: (wanted) => wanted,
    inForce,
    publish: (_, next) => {
      inForce.replace(next);
      return Promise.resolve(2);
    },
  });
}

function file(config: Config): LoadedConfig {
  return { ok: true, config, locate: () => ({ line: 1, column: 1 }) };
}

const fewerLists: Config = { ...CONFIG, lists: CONFIG.lists.slice(0, 1) };

test('one that comes while another is under way takes place whatever becomes of that one', async () => {
  files = [() => Promise.reject(new Error('out of order'))];
  const reloads = reloader();
  const outcomes = await Promise.allSettled([reloads.reload(), reloads.reload()]);
  expect(outcomes).toMatchObject([{ status: 'rejected' }, { value: { configuration: 'unchanged' } }]);
});

test('lists that are refused: the workers go on with the configuration that they have', async () => {
  files = [async () => file(fewerLists)];
  const reloads = reloader(() => Promise.reject(new Error('no worker takes them')));
  expect(await reloads.reload()).toMatchObject({ configuration: 'refused', errors: ['no worker takes them'] });
  expect(configured.map(({ lists }) => lists.length)).toEqual([2]);
});

test('of an instance that ends: what comes to nothing is not called refused', async () => {
  files = [async () => file(fewerLists)];
  const reloads = reloader(() => {
    isEnding = true;
    return Promise.reject(new Error('the lists were closed meanwhile'));
  });
  await reloads.reload();
  expect(log.named('config.rejected')).toEqual([]);
  // Was a fault: status and metrics said so as long as it drained.
  expect(reloads.configFaults).toEqual([]);
});

test('a fault after the lists have come into force: the workers get the configuration of these lists, and nothing is called refused', async () => {
  files = [async () => file(fewerLists)];
  const reloads = reloader(async (_, publish) => {
    await publish([]);
    throw new Error('out of order');
  });
  await expect(reloads.reload()).rejects.toThrow('out of order');
  expect(configured.map(({ lists }) => lists.length)).toEqual([1]);
  expect(inForce.current.config.lists).toHaveLength(1);
  expect(log.named('config.rejected')).toEqual([]);
});
