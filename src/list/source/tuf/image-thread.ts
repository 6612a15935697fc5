/**
 * The thread of one image (image-job.ts): takes the job, asks for memory to build in, answers once, ends.
 * It must not keep anything for a next job.
 */
import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { giveWay } from '../../../lib/give-way.ts';
import { ListError } from '../../../lib/errors.ts';
import { listError } from '../../list-error.ts';
import type { ListMemory } from '../../list-memory.ts';
import type { FromImageThread, ImageJob } from './image-job.ts';
import { Store } from './store.ts';
import { storedImage } from './stored-image.ts';
import type { Vault } from './stored-image.ts';

if (parentPort === null) throw new Error('this is a thread of its own');
const port = parentPort;
giveWay();
const say = (message: FromImageThread): void => port.postMessage(message, []);
const { fileKeys, folder, chain, version, withdrawn, inForce }: ImageJob = workerData;

const memory: ListMemory = {
  lease: async (byteLength) => {
    const answer = once(port, 'message');
    say({ type: 'lease', byteLength });
    const [bytes]: Uint8Array<SharedArrayBuffer>[] = await answer;
    if (bytes === undefined) throw new Error('no memory was lent');
    return bytes;
  },
  // Whoever lent it takes it back when it is told.
  release: () => {},
};

try {
  const vault: Vault = {
    store: new Store({ folder, owner: '' }),
    identity: {
      fileKey: (_, { sha256 }) => {
        const key = fileKeys.get(sha256);
        return key === undefined ? Promise.reject(listError('internal', 'no key was given')) : Promise.resolve(key);
      },
    },
  };
  // Nobody else waits for this thread.
  const rest = (): Promise<void> => Promise.resolve();
  await storedImage({ chain, version }, withdrawn, vault, { memory, rest, inForce });
  say({ type: 'done' });
} catch (error) {
  if (!(error instanceof ListError)) throw error;
  say({ type: 'refused', code: error.code, message: error.message });
}
