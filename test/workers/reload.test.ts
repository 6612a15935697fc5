/** Reloads in situations that are not quiet: before the first list, beside a death, several at once. */
import { rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { loadConfig } from '../../src/config/load.ts';
import { startControl } from '../../src/workers/control-thread.ts';
import type { Control } from '../../src/workers/control-thread.ts';
import { eventually } from '../support/eventually.ts';
import { firstData } from '../support/first-data.ts';
import { memoryLog } from '../support/memory-log.ts';
import type { MemoryLog } from '../support/memory-log.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';

let directory: TemporaryDirectory;
let log: MemoryLog;
let control: Control | null;

beforeEach(() => {
  directory = temporaryDirectory();
  log = memoryLog();
  control = null;
  writeFileSync(directory.file('good.txt'), 'a.example\n');
  writeFileSync(directory.file('bad.txt'), 'a b c\n');
});

afterEach(async () => {
  await control?.drain(0);
  directory[Symbol.dispose]();
});

function configure(settings: { readonly lists?: readonly string[]; readonly listeners?: readonly string[] }): void {
  const { lists = ['good'], listeners = ['one'] } = settings;
  const config = {
    listeners: listeners.map((name) => ({ name, port: 0 })),
    admin: { port: 0 },
    lists: lists.map((name) => ({ name, source: `./${name}.txt` })),
    state: { directory: './state' },
    supervision: { hangTimeout: '4s' },
    workers: 2,
  };
  writeFileSync(directory.file('c.yaml'), JSON.stringify(config));
}

async function start(): Promise<Control> {
  const load = async (): ReturnType<typeof loadConfig> => await loadConfig(directory.file('c.yaml'), {});
  const loaded = await load();
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  const workerFile = new URL('../support/fake-data-thread.ts', import.meta.url);
  control = await startControl(loaded.config, { log, version: '0.0.0', workerFile, loadConfig: load });
  return control;
}

/** Which worker takes a connection to this port; `order` is sent if it is that worker. */
async function ask(
  port: number,
  worker = -1,
  order = '',
): Promise<{ readonly worker: number; readonly entries: number }> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  const answer = JSON.parse((await firstData(socket)).toString()) as { worker: number; entries: number };
  socket.end(answer.worker === worker ? order : '');
  return answer;
}

async function asWorker(
  port: number,
  worker: number,
  order = '',
): Promise<{ readonly worker: number; readonly entries: number }> {
  const answer = await eventually(
    `worker ${worker}`,
    // One that is being replaced answers nobody.
    async () => await ask(port, worker, order).catch(() => null),
    (asked) => asked?.worker === worker,
  );
  return answer!;
}

describe('a reload', () => {
  test('helps an instance that is not ready: another list in place of one that cannot be used', async () => {
    configure({ lists: ['bad'] });
    const running = await start();
    expect(running.ports).toBeNull();
    expect(await running.reload()).toMatchObject({
      configuration: 'unchanged',
      lists: [expect.stringMatching(/^list bad: 1 bad line/)],
    });
    configure({ lists: ['good'], listeners: ['one', 'two'] });
    expect(await running.reload()).toMatchObject({ configuration: 'applied', lists: [] });
    await running.ready;
    expect(running.ports).toHaveLength(2);
    expect(await asWorker(running.ports![1]!, 1)).toMatchObject({ entries: 1 });
    expect(running.view.notReady()).toEqual([]);
  });

  test('while a worker hangs: the others take it over at once, its successor starts with it', async () => {
    configure({});
    const running = await start();
    await asWorker(running.ports![0]!, 1, 'stall');
    configure({ listeners: ['one', 'two'], lists: [] });
    expect(await running.reload()).toMatchObject({ configuration: 'applied' });
    await eventually('ready again', () => running.view.notReady().length === 0 && running.view.workerRestarts() === 1);
    const [one, two] = running.ports as [number, number];
    for (const port of [one, two])
      for (const worker of [0, 1]) expect(await asWorker(port, worker)).toMatchObject({ worker, entries: 0 });
  });

  test('that comes while one is under way waits for its turn, and shares it with others', async () => {
    configure({});
    const running = await start();
    const first = running.reload();
    configure({ listeners: ['one', 'two'] });
    const others = [running.reload(), running.reload()];
    await first;
    const outcomes = await Promise.all(others);
    expect(outcomes[0]).toBe(outcomes[1]);
    expect(running.view.listeners()).toHaveLength(2);
  });

  test('of a file that is gone: what is in force stays, and the fault is told until it is mended', async () => {
    configure({});
    const running = await start();
    rmSync(directory.file('c.yaml'));
    expect(await running.reload()).toMatchObject({
      configuration: 'refused',
      errors: [expect.stringContaining('c.yaml')],
    });
    expect(running.view.configuration().errors).toHaveLength(1);
    expect(running.view.notReady()).toEqual([]);
    configure({});
    await running.reload();
    expect(running.view.configuration().errors).toEqual([]);
  });

  test('lists that stay keep their history; lists that go are no longer watched', async () => {
    writeFileSync(directory.file('more.txt'), 'b.example\n');
    configure({ lists: ['good', 'more'] });
    const running = await start();
    configure({ lists: ['more'] });
    await running.reload();
    expect(running.view.lists()).toMatchObject([{ name: 'more', version: 1, syncs: { updated: 1 } }]);
    const before = running.view.generation();
    writeFileSync(directory.file('good.txt'), 'c.example\nd.example\n');
    await running.reload();
    expect(running.view.generation()).toBe(before);
    expect(await ask(running.ports![0]!)).toMatchObject({ entries: 1 });
  });
});
