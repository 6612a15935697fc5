/**
 * The thread that makes images (image-job.ts): takes a job, asks for memory to build in, answers once, waits for the next. It must not keep
 * anything of a job, and has one at a time.
 */
import { parentPort } from 'node:worker_threads';
import { lowerThreadPriority } from '../../../lib/thread-priority.ts';
import { ListError, listError } from '../../list-error.ts';
import type { ListMemory } from '../../list-memory.ts';
import type { FromImageThread, ImageJob, ToImageThread } from './image-job.ts';
import type { Pieces } from './repository.ts';
import { pathIn } from './store.ts';
import { storedImage } from './stored-image.ts';
import type { Vault } from './stored-image.ts';
import { heldPieces, storedPieces } from './stored-pieces.ts';
import type { StoredFile } from './stored-state.ts';

if (parentPort === null) throw new Error('this is a thread of its own');
const port = parentPort;
const say = (message: FromImageThread): void => port.postMessage(message, []);

/** Of the lease that was asked for. */
let leased: (bytes: Uint8Array<SharedArrayBuffer>) => void = () => {};

const memory: ListMemory = {
  lease: (byteLength) => {
    const { promise, resolve } = Promise.withResolvers<Uint8Array<SharedArrayBuffer>>();
    leased = resolve;
    say({ type: 'lease', byteLength });
    return promise;
  },
  // Whoever lent it takes it back when it is told.
  release: () => {},
};

/** Nobody else waits for this thread. */
const rest = (): Promise<void> => Promise.resolve();

port.on('message', (message: ToImageThread) => {
  if (message.type === 'leased') leased(message.bytes);
  // What is no ListError ends the thread, and whoever started it learns of that.
  else void run(message.job);
});

/** It does so from then on. */
let hasGivenWay = false;

async function run(job: ImageJob): Promise<void> {
  const { fileKeys, folder, held, chain, version, withdrawn, inForce, givesWay } = job;
  if (givesWay && !hasGivenWay) lowerThreadPriority();
  hasGivenWay ||= givesWay;
  const vault: Vault = {
    store: filesOf(folder, held),
    identity: {
      fileKey: (_, { sha256 }) => {
        const key = fileKeys.get(sha256);
        return key === undefined ? Promise.reject(listError('internal', 'no key was given')) : Promise.resolve(key);
      },
    },
  };
  try {
    await storedImage({ chain, version }, withdrawn, vault, { memory, rest, inForce });
    say({ type: 'done' });
  } catch (error) {
    if (!(error instanceof ListError)) throw error;
    say({ type: 'refused', code: error.code, message: error.message });
  }
}

/** Of the withdrawn set, which it is given, it reads nothing. */
function filesOf(folder: string, held: ImageJob['held']): Vault['store'] {
  const piecesOf = (file: StoredFile): Pieces => {
    const bytes = held.get(file.sha256);
    return bytes === undefined ? storedPieces(pathIn(folder, file), file) : heldPieces(bytes);
  };
  return { piecesOf, piecesOfCopy: piecesOf };
}
