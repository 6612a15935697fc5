/** The thread of the jobs of emit-pool.ts: takes one after the other until it is ended. It must not keep anything of a job that is done. */
import { parentPort, workerData } from 'node:worker_threads';
import { emit } from './emit-job.ts';
import type { EmitJob } from './emit-job.ts';
import { emittersIn } from './emitter.ts';

if (parentPort === null) throw new Error('this is a thread of its own');
const port = parentPort;
const emitters = await emittersIn(new URL(String(workerData)));

port.on('message', (job: EmitJob) => {
  emit(job, emitters).then(
    (result) => port.postMessage({ result }),
    (error: unknown) => port.postMessage({ error }),
  );
});
