/**
 * A data thread reduced to what the control side sees of it: opens snapshots, flips, listens. A client that connects is
 * told the generation, the worker and the entries of the snapshot it would be judged by, as a line of JSON; if it sends
 * `die`, `hang` or `answer`, the thread throws, or stops acknowledging, or acknowledges again.
 *
 * Its behaviour is the name of the configuration file: `refuse-2.yaml` cannot open generation 2, `broken.yaml` dies when
 * it is loaded.
 */
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { basename } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { openSnapshot } from '../../src/match/snapshot.ts';
import { GENERATION_SLOT } from '../../src/workers/messages.ts';
import type { DataThreadInput, FromWorker, ToWorker } from '../../src/workers/messages.ts';

const input: DataThreadInput = workerData;
const behaviour = basename(input.config.file, '.yaml');
const control = new Int32Array(input.control);
const servers: ReturnType<typeof createServer>[] = [];
const opened = new Map<number, number>();
let serving = 0;
let isHanging = false;
let unanswered: ToWorker[] = [];

if (behaviour === 'broken') throw new RangeError('client 192.0.2.1 asked for http://secret.example/');

const say = (message: FromWorker): void => parentPort?.postMessage(message, []);

parentPort?.on('message', (message: ToWorker) => {
  if (isHanging) unanswered.push(message);
  else receive(message);
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
      void listen(message.ports);
      break;
    case 'drain':
      for (const server of servers) server.close();
      say({ type: 'drained' });
      parentPort?.close();
      break;
  }
}

function prepare({ generation, buffer, byteLength }: Extract<ToWorker, { type: 'prepare' }>): void {
  if (behaviour === `refuse-${generation}`) {
    say({ type: 'prepare-failed', generation, reason: 'told to refuse it' });
    return;
  }
  opened.set(generation, openSnapshot(buffer, byteLength).entries);
  say({ type: 'prepared', generation });
}

async function listen(ports: readonly number[]): Promise<void> {
  const real: number[] = [];
  for (const [index, { address }] of input.config.listeners.entries()) {
    const server = createServer(serve);
    servers.push(server);
    const fault = await bound(server, address, ports[index] ?? 0);
    if (fault !== null) {
      say({ type: 'listen-failed', key: `listeners[${index}].port`, address, port: ports[index] ?? 0, code: fault });
      return;
    }
    const at = server.address();
    real.push(typeof at === 'object' ? (at?.port ?? 0) : 0);
  }
  say({ type: 'listening', ports: real });
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
  socket.write(`${JSON.stringify({ worker: input.worker, generation, serving, entries: opened.get(generation) ?? -1 })}\n`);
  socket.on('data', (data) => obey(data.toString().trim()));
}

function obey(order: string): void {
  if (order === 'die') throw new RangeError('client 192.0.2.1 asked for http://secret.example/');
  isHanging = order === 'hang';
  if (isHanging) return;
  const late = unanswered;
  unanswered = [];
  for (const message of late) receive(message);
}
