/** The control side against real threads, files and sockets; the data thread is a small one of the test's own. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { appendFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import type { Config } from '../../src/config/types.ts';
import { parseConfig } from '../../src/config/load.ts';
import type { Native } from '../../src/lib/native.ts';
import { FileSource } from '../../src/list/source/file.ts';
import type { SourceEvents } from '../../src/list/source/source.ts';
import { startControl } from '../../src/workers/control-thread.ts';
import type { ControlOptions } from '../../src/workers/control-options.ts';
import type { Control } from '../../src/workers/control-thread.ts';
import { eventually } from '../support/eventually.ts';
import { firstData } from '../support/first-data.ts';
import { collectGarbage } from '../support/held-buffers.ts';
import { memoryLog } from '../support/memory-log.ts';
import type { MemoryLog } from '../support/memory-log.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';

/** In force by its first read; it is read again at once, and has no answer. */
class SilentSource extends FileSource {
  #reads = 0;
  #changed = (): void => {};

  override async read(...context: Parameters<FileSource['read']>): ReturnType<FileSource['read']> {
    this.#reads += 1;
    if (this.#reads > 1) return await new Promise(() => {});
    const read = await super.read(...context);
    this.#changed();
    return read;
  }

  override watch(events: SourceEvents): void {
    this.#changed = events.changed;
    super.watch(events);
  }
}

interface Served {
  readonly worker: number;
  readonly generation: number;
  readonly serving: number;
  readonly entries: number;
}

let directory: TemporaryDirectory;
let log: MemoryLog;
let controls: Control[];

beforeEach(() => {
  directory = temporaryDirectory();
  log = memoryLog();
  controls = [];
  writeFileSync(directory.file('a.txt'), 'a.example\nb.example\n');
});

afterEach(async () => {
  for (const control of controls) await control.drain(0);
  directory[Symbol.dispose]();
});

function config({ port = 0, workers = 2, behaviour = 'well', hangTimeout = '10s' } = {}): Config {
  const text = `
listeners:
  - { name: explicit, mode: explicit, address: 127.0.0.1, port: ${port} }
admin: { address: 127.0.0.1, port: 0 }
lists: [{ name: a, source: ./a.txt, action: block, gate: { growth: 1000, shrink: 1 } }]
state: { directory: ./state }
supervision: { hangTimeout: ${hangTimeout} }
workers: ${workers}
`;
  const loaded = parseConfig(text, directory.file(`${behaviour}.yaml`), {});
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  return loaded.config;
}

async function start(
  settings: Parameters<typeof config>[0] = {},
  options: Partial<ControlOptions> = {},
): Promise<Control> {
  const control = await startControl(config(settings), {
    log,
    version: '0.0.0',
    workerFile: new URL('../support/fake-data-thread.ts', import.meta.url),
    source: ({ name }) => new FileSource(directory.file(`${name}.txt`), { settleMs: 20, pollMs: 50 }),
    ...options,
  });
  controls.push(control);
  return control;
}

/** What the worker that takes the connection serves; `order` is sent if it is that worker. */
function ask(control: Control, worker = -1, order = ''): Promise<Served> {
  return new Promise((resolve, reject) => {
    const socket = connect(control.ports?.[0] ?? 0, '127.0.0.1');
    let answer: Served | null = null;
    socket.once('data', (data) => {
      answer = JSON.parse(data.toString());
      socket.end(answer?.worker === worker ? order : '');
    });
    socket.on('error', () => {});
    socket.on('close', () => (answer === null ? reject(new Error('no answer')) : resolve(answer)));
  });
}

/** A connection that this worker holds. */
async function connectTo(control: Control, worker: number): Promise<Socket> {
  for (;;) {
    const socket = connect(control.ports?.[0] ?? 0, '127.0.0.1');
    const data = await firstData(socket);
    if ((JSON.parse(data.toString()) as Served).worker === worker) return socket;
    socket.destroy();
  }
}

/** Asks until that worker took the connection. */
async function askWorker(control: Control, worker: number, order = ''): Promise<Served> {
  return await eventually(
    `worker ${worker}`,
    () => ask(control, worker, order),
    (served) => served.worker === worker,
  );
}

async function admin(control: Control, path: string): Promise<{ status: number; body: string }> {
  const answer = await fetch(`http://127.0.0.1:${control.admin.port}${path}`);
  return { status: answer.status, body: await answer.text() };
}

describe('start', () => {
  test('is over when the listeners are open, though a list that is in force is asked for once more and has no answer', async () => {
    const opening: string[] = [];
    const control = await start(
      {},
      {
        source: ({ name }) => new SilentSource(directory.file(`${name}.txt`), { settleMs: 20, pollMs: 50 }),
        events: {
          opening: () => opening.push('opening'),
          reloading: () => {},
          reloaded: () => {},
          drainAsked: () => {},
        },
      },
    );
    await control.ready;
    expect(opening).toEqual(['opening']);
    expect(await askWorker(control, 0)).toMatchObject({ generation: 1, entries: 2 });
  });

  test('ready: every worker listens on the same real port and serves the first generation', async () => {
    const control = await start();
    await control.ready;
    const [port] = control.ports ?? [];
    expect(port).toBeGreaterThan(0);
    expect(await askWorker(control, 0)).toEqual({ worker: 0, generation: 1, serving: 1, entries: 2 });
    expect(await askWorker(control, 1)).toEqual({ worker: 1, generation: 1, serving: 1, entries: 2 });
    expect(await admin(control, '/readyz')).toMatchObject({ status: 200 });
    expect(JSON.parse((await admin(control, '/status')).body)).toMatchObject({
      ready: true,
      generation: 1,
      listeners: [{ name: 'explicit', address: '127.0.0.1', port }],
      lists: [{ name: 'a', action: 'block', loaded: true, entries: 2, version: 1, lastError: null }],
      workers: [
        { worker: 0, generation: 1 },
        { worker: 1, generation: 1 },
      ],
    });
  });

  test('an unusable list: admin answers, not ready with the reason, no listener; then it is fixed', async () => {
    writeFileSync(directory.file('a.txt'), 'a.example\n*\n');
    const control = await start();
    expect(control.ports).toBeNull();
    expect(await admin(control, '/healthz')).toMatchObject({ status: 200 });
    const readiness = await admin(control, '/readyz');
    expect(readiness.status).toBe(503);
    expect(JSON.parse(readiness.body).reasons).toEqual([
      expect.stringMatching(/^list a: 1 bad line of 2; the first is line 2, column 1/),
    ]);
    writeFileSync(directory.file('a.txt'), 'a.example\n');
    await control.ready;
    expect(await ask(control)).toMatchObject({ generation: 1, entries: 1 });
    expect(await admin(control, '/readyz')).toMatchObject({ status: 200 });
  });

  test('a port that is taken: rejected with address, port and key; nothing is left', async () => {
    const server = createServer();
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => {
        const at = server.address();
        resolve(typeof at === 'object' ? (at?.port ?? 0) : 0);
      });
    });
    await expect(start({ port })).rejects.toMatchObject({
      name: 'ListenError',
      code: 'address_in_use',
      key: 'listeners[0].port',
      message: expect.stringContaining(`127.0.0.1:${port}`),
    });
    await new Promise((resolve) => server.close(resolve));
  });

  test('a port taken that shows only after a late first load: closed rejects', async () => {
    writeFileSync(directory.file('a.txt'), '*\n');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const at = server.address();
    const control = await start({ port: typeof at === 'object' ? (at?.port ?? 0) : 0 });
    writeFileSync(directory.file('a.txt'), 'a.example\n');
    await expect(control.closed).rejects.toMatchObject({ name: 'ListenError' });
    controls = [];
    await new Promise((resolve) => server.close(resolve));
  });

  // Was a fault: on a busy machine they were replaced again and again, none the quicker.
  test('workers that take longer to start than they may take to answer are waited for', async () => {
    const control = await start({ behaviour: 'slow' }, { acknowledgeMs: 10 });
    expect(await askWorker(control, 1)).toMatchObject({ generation: 1, serving: 1 });
    expect([log.named('worker.unresponsive'), control.view.workerRestarts()]).toEqual([[], 0]);
  });

  test('more listeners than counters: rejected before anything is started', async () => {
    const settings = config();
    const listeners = settings.listeners.flatMap((listener) =>
      Array.from({ length: 129 }, (_, i) => ({ ...listener, name: `l${i}` })),
    );
    await expect(startControl({ ...settings, listeners }, { log, version: '0.0.0' })).rejects.toMatchObject({
      code: 'counter_slots',
    });
    expect(log.events).toEqual([]);
  });

  test('workers that die when they are loaded: rejected, and the log has no text of the error', async () => {
    await expect(start({ behaviour: 'broken' })).rejects.toMatchObject({
      code: 'worker_start',
      message: expect.stringMatching(/RangeError at fake-data-thread\.mjs/),
    });
    expect(log.named('worker.exited').length).toBeGreaterThanOrEqual(3);
    expect(JSON.stringify(log.events)).not.toMatch(/192\.0\.2\.1|secret/);
  });
});

describe('updates', () => {
  test('a change on disk is in force in every worker; a bad one changes nothing', async () => {
    const control = await start();
    appendFileSync(directory.file('a.txt'), 'c.example\n');
    await eventually(
      'generation 2',
      () => control.view.generation(),
      (generation) => generation === 2,
    );
    expect(await askWorker(control, 0)).toMatchObject({ generation: 2, entries: 3 });
    expect(await askWorker(control, 1)).toMatchObject({ generation: 2, entries: 3 });
    appendFileSync(directory.file('a.txt'), '*\n');
    await control.reload();
    expect(control.view.generation()).toBe(2);
    expect(control.view.notReady()).toEqual([]);
    expect((await admin(control, '/metrics')).body).toContain(
      'cleanfeed_list_rejected_total{list="a",reason="bad_lines"} 1',
    );
  });

  test('a worker that cannot open a snapshot stops the update, not the service; the next one is taken', async () => {
    const control = await start({ behaviour: 'refuse-2' });
    appendFileSync(directory.file('a.txt'), 'c.example\n');
    await control.reload();
    expect(control.view.generation()).toBe(1);
    expect(control.view.lists()).toMatchObject([
      { entries: 2, lastError: expect.stringContaining('told to refuse it') },
    ]);
    expect(await ask(control)).toMatchObject({ generation: 1, entries: 2 });
    await control.reload();
    expect(control.view.generation()).toBe(3);
    expect(await askWorker(control, 0)).toMatchObject({ serving: 3, entries: 3 });
  });

  test('a worker that does not acknowledge does not hold up the others and is replaced', async () => {
    const control = await start({}, { acknowledgeMs: 5000 });
    await askWorker(control, 0, 'hang');
    for (let i = 0; i < 3; i++) {
      appendFileSync(directory.file('a.txt'), `silent${i}.example\n`);
      await control.reload();
    }
    expect(control.view.generation()).toBe(4);
    expect(log.named('worker.unresponsive')).toEqual([expect.objectContaining({ worker: 0, reason: 'snapshot' })]);
    expect(await askWorker(control, 1)).toMatchObject({ serving: 4, entries: 5 });
    await eventually('ready again', () => control.view.notReady().length === 0);
    expect(await askWorker(control, 0)).toMatchObject({ serving: 4, entries: 5 });
    expect(control.view.workerRestarts()).toBe(1);
  });

  test('a worker that hangs is replaced while another keeps its connection', async () => {
    const control = await start({ hangTimeout: '4s' });
    const kept = await connectTo(control, 1);
    await askWorker(control, 0, 'stall');
    await eventually('it is found', () => log.named('worker.unresponsive').length === 1);
    await eventually('ready again', () => control.view.notReady().length === 0 && control.view.workerRestarts() === 1);
    expect(log.named('worker.unresponsive')).toEqual([expect.objectContaining({ worker: 0, reason: 'heartbeat' })]);
    expect(log.named('worker.exited')).toEqual([
      expect.objectContaining({ worker: 0, reason: 'did not answer (heartbeat)' }),
    ]);
    expect(await askWorker(control, 0)).toEqual({ worker: 0, generation: 1, serving: 1, entries: 2 });
    expect(control.view.workers()).toMatchObject([
      { worker: 0, state: 'listening', generation: 1, restarts: 1 },
      { worker: 1, restarts: 0 },
    ]);
    expect(kept.destroyed).toBe(false);
    kept.destroy();
  });

  test('the buffer of a worker that hangs in the middle of a swap is used again only after its end', async () => {
    const control = await start({ hangTimeout: '1s' }, { acknowledgeMs: 100 });
    // Not `ask`: this connection ends only when the worker has been replaced, and then nothing hangs any more.
    const stuck = (await connectTo(control, 1)).on('error', () => {});
    stuck.write('spin');
    for (let i = 0; i < 5; i++) {
      appendFileSync(directory.file('a.txt'), `swap${i}.example\n`);
      await control.reload();
    }
    await eventually('ready again', () => control.view.notReady().length === 0 && control.view.workerRestarts() > 0);
    expect(await askWorker(control, 1)).toMatchObject({ serving: 6, entries: 7 });
    expect(await askWorker(control, 0)).toMatchObject({ serving: 6, entries: 7 });
  });

  test('a worker that dies is replaced, serves the newest generation and listens on the same port', async () => {
    const control = await start();
    appendFileSync(directory.file('a.txt'), 'c.example\n');
    await control.reload();
    await askWorker(control, 1, 'die');
    await eventually('its end', () => control.view.workerRestarts() === 1);
    await eventually('ready again', () => control.view.notReady().length === 0);
    expect(await askWorker(control, 1)).toEqual({ worker: 1, generation: 2, serving: 2, entries: 3 });
    expect(log.named('worker.exited')).toEqual([
      expect.objectContaining({
        worker: 1,
        reason: expect.stringMatching(/^RangeError at fake-data-thread\.mjs:\d+:\d+$/),
      }),
    ]);
    appendFileSync(directory.file('a.txt'), 'd.example\n');
    await control.reload();
    expect(await askWorker(control, 1)).toMatchObject({ serving: 3, entries: 4 });
  });
});

describe('memory', () => {
  /** What the process holds outside the heap. */
  const outside = (): number => {
    collectGarbage();
    const { external, arrayBuffers } = process.memoryUsage();
    return external + arrayBuffers;
  };

  test('thirty swaps, growing beyond the buffer on the way, leave two buffers', async () => {
    const control = await start({ workers: 1 });
    const small = Array.from({ length: 20 }, (_, i) => `s${i}.example\n`).join('');
    const large = Array.from({ length: 20_000 }, (_, i) => `l${i}.example\n`).join('');
    const before = outside();
    for (let i = 0; i < 30; i++) {
      writeFileSync(directory.file('a.txt'), `${i % 3 === 1 ? large : small}n${i}.example\n`);
      await control.reload();
    }
    expect(control.view.generation()).toBe(31);
    expect(await ask(control)).toMatchObject({ generation: 31, entries: 21 });
    // The large snapshot is about 1 MB; ten of them would show.
    const most = 10 * 1024 * 1024;
    expect(
      await eventually(
        'buffers are let go',
        () => outside() - before,
        (held) => held < most,
      ),
    ).toBeLessThan(most);
  });
});

test('after each update, what is free is given back', async () => {
  const calls = { trim: 0, discard: 0 };
  const native: Native = {
    duplicate: (descriptor) => descriptor,
    sendDatagram: () => {},
    boundUnsent: () => {},
    trimMemory: () => (calls.trim += 1),
    discard: () => (calls.discard += 1),
    exit: () => {},
  };
  const control = await start({}, { native });
  const { trim } = calls;
  expect([trim > 0, calls.discard]).toEqual([true, 0]);
  appendFileSync(directory.file('a.txt'), 'c.example\n');
  await control.reload();
  expect([calls.trim > trim, calls.discard]).toEqual([true, 1]);
});

describe('the end', () => {
  test('drain: workers, then admin, then closed', async () => {
    const control = await start();
    const { port } = control.admin;
    await control.drain(1000);
    await control.closed;
    controls = [];
    await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow('fetch failed');
    expect(log.named('process.stopped')).toHaveLength(1);
    expect(log.named('worker.exited')).toEqual([]);
  });

  test('a worker that does not drain is ended after the bound', async () => {
    const control = await start();
    await askWorker(control, 0, 'hang');
    await control.drain(0);
    await control.closed;
    controls = [];
    expect(control.view.notReady()).toEqual(['draining']);
  });
});
