/**
 * A data thread reduced to what the control side sees of it: opens snapshots, flips, listens. A client that connects is
 * told the generation, the worker and the entries of the snapshot it would be judged by, as a line of JSON; if it sends
 * `die`, `hang`, `stall` or `spin`, the thread throws, or stops acknowledging, or stands still, or turns in a circle for ever.
 *
 * Its behaviour is the name of the configuration file: `refuse-2.yaml` cannot open generation 2, `broken.yaml` dies when
 * it is loaded, `slow.yaml` takes its time for that.
 */
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { basename } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { openSnapshot } from '../../src/match/snapshot.ts';
import { GENERATION_SLOT, HEARTBEAT_SLOT } from '../../src/workers/messages.ts';
import type { DataThreadInput, FromWorker, ListenEndpoint, ListenSpec, ToWorker } from '../../src/workers/messages.ts';

const input: DataThreadInput = workerData;
const behaviour = basename(input.config.file, '.yaml');
const control = new Int32Array(input.control);
const servers = new Map<string, ReturnType<typeof createServer>>();
const opened = new Map<number, number>();
let serving = 0;
let isHanging = false;

const heart = setInterval(() => Atomics.add(control, HEARTBEAT_SLOT + input.worker, 1), 20);

if (behaviour === 'slow') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
if (behaviour === 'broken') throw new RangeError('client 192.0.2.1 asked for http://secret.example/');

const say = (message: FromWorker): void => parentPort?.postMessage(message, []);

parentPort?.on('message', (message: ToWorker) => {
  if (!isHanging) receive(message);
});

function receive(message: ToWorker): void {
  switch (message.type) {
    case 'prepare':
      prepare(message);
      break;
    case 'flipped':
      serving = Atomics.load(control, GENERATION_SLOT);
      say({ type: 'serving', generation: serving });
      break;
    case 'listen':
      void listen(message.specs);
      break;
    case 'configure':
      void configure(message);
      break;
    case 'lame-duck':
      break;
    case 'drain':
      for (const server of servers.values()) server.close();
      clearInterval(heart);
      say({ type: 'drained' });
      parentPort?.close();
      break;
  }
}

function prepare({ generation, images }: Extract<ToWorker, { type: 'prepare' }>): void {
  if (behaviour === `refuse-${generation}`) {
    say({ type: 'prepare-failed', generation, reason: 'told to refuse it' });
    return;
  }
  opened.set(generation, openSnapshot(images).entries);
  say({ type: 'prepared', generation });
}

async function listen(specs: readonly ListenSpec[]): Promise<void> {
  const endpoints = new Map<string, ListenEndpoint>();
  for (const {
    key,
    index,
    port,
    listener: { address },
  } of specs) {
    const server = createServer(serve);
    servers.set(key, server);
    const fault = await bound(server, address, port);
    if (fault !== null) {
      servers.delete(key);
      say({ type: 'listen-failed', key: `listeners[${index}].port`, address, port, code: fault });
      return;
    }
    const at = server.address();
    endpoints.set(key, { address, port: typeof at === 'object' ? (at?.port ?? 0) : 0 });
  }
  say({ type: 'listening', endpoints });
}

async function configure({ revision, specs }: Extract<ToWorker, { type: 'configure' }>): Promise<void> {
  const wanted = new Set(specs.map(({ key }) => key));
  await listen(specs.filter(({ key }) => !servers.has(key)));
  for (const [key, server] of servers) {
    if (wanted.has(key)) continue;
    server.close();
    servers.delete(key);
  }
  say({ type: 'configured', revision });
}

function bound(server: ReturnType<typeof createServer>, host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'UNKNOWN'));
    server.listen({ host, port, reusePort: true }, () => resolve(null));
  });
}

function serve(socket: Socket): void {
  const generation = Atomics.load(control, GENERATION_SLOT);
  socket.on('error', () => {});
  socket.write(
    `${JSON.stringify({ worker: input.worker, generation, serving, entries: opened.get(generation) ?? -1 })}\n`,
  );
  socket.on('data', (data) => obey(data.toString().trim()));
}

function obey(order: string): void {
  if (order === 'die') throw new RangeError('client 192.0.2.1 asked for http://secret.example/');
  if (order === 'stall') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  if (order === 'spin') for (;;);
  isHanging = order === 'hang';
}
