/**
 * This is the first module of a data thread: it takes the messages of the control thread and sends acknowledgements.
 * It must not do the work itself: data-plane.ts does.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { CleanfeedError, ListenError, messageOf } from '../lib/errors.ts';
import { DataPlane } from './data-plane.ts';
import type { DataThreadInput, FromWorker, ToWorker } from './messages.ts';

if (parentPort === null) throw new CleanfeedError('internal', 'worker_start', 'a data thread is started by the pool');
const port = parentPort;
const input: DataThreadInput = workerData;
const say = (message: FromWorker): void => port.postMessage(message);
const plane = new DataPlane(input, { entries: (counted) => say({ type: 'entries', counted }) });

port.on('message', (message: ToWorker) => void receive(message));

async function receive(message: ToWorker): Promise<void> {
  switch (message.type) {
    case 'prepare':
      return prepare(message);
    case 'flipped':
      return say({ type: 'serving', generation: plane.generation });
    case 'listen':
      return await listening(async () =>
        say({ type: 'listening', endpoints: await plane.listen(message.specs, message.held) }),
      );
    case 'configure':
      return await listening(async () => {
        const endpoints = await plane.configure(message.config, message.specs);
        if (endpoints.size > 0) say({ type: 'listening', endpoints });
        say({ type: 'configured', revision: message.revision });
      });
    case 'lame-duck':
      return plane.beLameDuck();
    case 'drain':
      await plane.drain(message.deadlineMs);
      say({ type: 'drained' });
      port.close();
  }
}

function prepare({ generation, images, rules }: Extract<ToWorker, { type: 'prepare' }>): void {
  try {
    plane.prepare(generation, images, rules);
    say({ type: 'prepared', generation });
  } catch (error) {
    say({ type: 'prepare-failed', generation, reason: messageOf(error) });
  }
}

async function listening(open: () => Promise<void>): Promise<void> {
  try {
    await open();
  } catch (error) {
    if (!(error instanceof ListenError)) throw error;
    const { key, address, port: wanted, errno } = error;
    say({ type: 'listen-failed', key, address, port: wanted, code: errno });
  }
}
