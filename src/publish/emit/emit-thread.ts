/** The thread of the jobs of emit-pool.ts: takes one after the other until it is ended. It must not keep anything of a job that is done. */
import { parentPort, workerData } from 'node:worker_threads';
import { emit } from './emit-job.ts';
import type { EmitJob } from './emit-job.ts';
import { EMITTERS } from './emitter.ts';
import type { Emitter } from './emitter.ts';

if (parentPort === null) throw new Error('this is a thread of its own');
const port = parentPort;
const emitters = await emittersIn(String(workerData));

port.on('message', (job: EmitJob) => {
  emit(job, emitters).then(
    (result) => port.postMessage({ result }),
    (error: unknown) => port.postMessage({ error }),
  );
});

/** Our own lie in memory where this thread does (emit-pool.ts). */
async function emittersIn(module: string): Promise<readonly Emitter[]> {
  if (module === new URL('./emitter.ts', import.meta.url).href) return EMITTERS;
  const others: { readonly EMITTERS: readonly Emitter[] } = await import(module);
  return others.EMITTERS;
}
