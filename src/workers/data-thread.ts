/** Entry of a data-plane thread: messages of the control thread in, acknowledgements out. */
import { parentPort, workerData } from 'node:worker_threads';
import { ListenError } from '../lib/errors.ts';
import { DataPlane } from './data-plane.ts';
import type { DataThreadInput, FromWorker, ToWorker } from './messages.ts';

const port = parentPort!;
const plane = new DataPlane(workerData as DataThreadInput);
const say = (message: FromWorker): void => port.postMessage(message);

port.on('message', (message: ToWorker) => void receive(message));

async function receive(message: ToWorker): Promise<void> {
  switch (message.type) {
    case 'prepare':
      return prepare(message);
    case 'flipped':
      return say({ type: 'serving', generation: plane.generation });
    case 'listen':
      return listen(message.ports);
    case 'drain':
      await plane.drain(message.deadlineMs);
      say({ type: 'drained' });
      port.close();
  }
}

function prepare({ generation, buffer, byteLength }: Extract<ToWorker, { type: 'prepare' }>): void {
  try {
    plane.prepare(generation, buffer, byteLength);
    say({ type: 'prepared', generation });
  } catch (error) {
    say({ type: 'prepare-failed', generation, reason: error instanceof Error ? error.message : String(error) });
  }
}

async function listen(ports: readonly number[]): Promise<void> {
  try {
    say({ type: 'listening', ports: await plane.listen(ports) });
  } catch (error) {
    if (!(error instanceof ListenError)) throw error;
    const { key, address, port: wanted, errno } = error;
    say({ type: 'listen-failed', key, address, port: wanted, code: errno });
  }
}
