/** What a real data thread answers, in which order. What it does with requests is shown by test/accept and test/e2e. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { loadConfig } from '../../src/config/load.ts';
import { COUNTER_LAYOUT, SlotRegister } from '../../src/workers/counter-slots.ts';
import { InheritedSockets } from '../../src/workers/inherited-sockets.ts';
import { listenSpecs } from '../../src/workers/listen-specs.ts';
import { CONTROL_BYTES } from '../../src/workers/messages.ts';
import type { DataThreadInput, FromWorker, ListenSpec, ToWorker } from '../../src/workers/messages.ts';
import { effectiveConfig } from '../../src/workers/effective-config.ts';
import type { EffectiveConfig } from '../../src/workers/effective-config.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';

let directory: TemporaryDirectory;
let thread: Worker | null;

beforeEach(() => {
  directory = temporaryDirectory();
  thread = null;
});

afterEach(async () => {
  await thread?.terminate();
  directory[Symbol.dispose]();
});

async function settings(listeners: readonly string[]): Promise<EffectiveConfig> {
  const file = directory.file('c.yaml');
  writeFileSync(
    file,
    JSON.stringify({
      listeners: listeners.map((name) => ({ name, port: 0 })),
      admin: { port: 0 },
      lists: [],
      workers: 1,
    }),
  );
  const loaded = await loadConfig(file, {});
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  return effectiveConfig(loaded.config, new SlotRegister(), { now: Date.now(), revision: 1, descriptorLimit: null })!;
}

function start({ config, rules }: EffectiveConfig): Worker {
  const workerData: DataThreadInput = {
    config,
    rules,
    worker: 0,
    control: new SharedArrayBuffer(CONTROL_BYTES),
    counters: new SharedArrayBuffer(COUNTER_LAYOUT.bytes(1)),
    pseudonym: 'test',
    admin: { address: '127.0.0.1', port: 9 },
  };
  thread = new Worker(new URL('../../src/workers/data-thread.ts', import.meta.url), { workerData });
  return thread;
}

/** Everything up to the answer of that type. */
function answers(worker: Worker, order: ToWorker, last: FromWorker['type']): Promise<readonly FromWorker[]> {
  const heard: FromWorker[] = [];
  return new Promise((resolve) => {
    // One listener for all: two messages may come in one go.
    const hear = (message: FromWorker): void => {
      heard.push(message);
      if (message.type !== last) return;
      worker.off('message', hear);
      resolve(heard);
    };
    worker.on('message', hear);
    worker.postMessage(order, []);
  });
}

function specsOf({ config, slots }: EffectiveConfig): readonly ListenSpec[] {
  return listenSpecs(config, slots, InheritedSockets.NONE, 0);
}

test('a listener that a configuration brings is told of before the configuration is confirmed, and only once', async () => {
  const wanted = await settings(['one', 'two']);
  const worker = start(wanted);
  const specs = specsOf(wanted);
  const [opened, held] = [specs.slice(0, 1), specs.slice(1)];
  await answers(worker, { type: 'listen', specs: opened, held: false }, 'listening');
  // Nobody had it tried out before, as when the worker came while the others did.
  const order: ToWorker = { type: 'configure', revision: 2, config: wanted.config, specs };
  const heard = await answers(worker, order, 'configured');
  expect(heard.map(({ type }) => type)).toEqual(['listening', 'configured']);
  const { endpoints } = heard[0] as Extract<FromWorker, { type: 'listening' }>;
  expect([...endpoints.keys()]).toEqual(held.map(({ key }) => key));
  const socket = connect(endpoints.get(held[0]!.key)!.port, '127.0.0.1');
  await once(socket, 'connect');
  socket.destroy();
  expect((await answers(worker, { ...order, revision: 3 }, 'configured')).map(({ type }) => type)).toEqual([
    'configured',
  ]);
});
