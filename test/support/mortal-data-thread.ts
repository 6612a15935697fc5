/** The real data thread, which can also be told to die or to hang: `{ worker, how }` on the broadcast channel `mortal`. */
import { BroadcastChannel, workerData } from 'node:worker_threads';
import type { DataThreadInput } from '../../src/workers/messages.ts';
import '../../src/workers/data-thread.ts';

interface Fate {
  readonly worker: number;
  readonly how: 'die' | 'spin';
}

const { worker } = workerData as DataThreadInput;
const channel = new BroadcastChannel('mortal');
channel.onmessage = (event: unknown) => {
  const fate = (event as { readonly data: Fate }).data;
  if (fate.worker !== worker) return;
  if (fate.how === 'spin') for (;;);
  throw new Error('told to die');
};
// It must not keep the thread alive after the drain.
channel.unref();
