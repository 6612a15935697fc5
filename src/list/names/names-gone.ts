/**
 * Which lines of a payload do not hold in the version that is in force, where the payload is that of another version: whatever is in it and not there is
 * as good as withdrawn, so that nobody is told of what was removed, or has never been in force. And which stand for a page or a port alone: an allow list
 * takes no host out by these. It must not read a host.
 */
import { STEP_ROWS } from '../../lib/steps.ts';
import type { Steps } from '../../lib/steps.ts';
import { imageIdSteps } from '../protected/image-ids.ts';
import type { EntriesOf } from '../protected/image-ids.ts';
import { namesLines } from './names-payload.ts';

const ID = /^\d{1,20}(?= )/;
const WORD = 0xffff_ffffn;

/**
 * @param image in force. @param entries of which the lines may be.
 * @returns ids of the lines that are of none of these, as `ListNames.withdrawn` has them.
 */
export function* namesGoneSteps(payload: Uint8Array, image: Uint8Array, entries: EntriesOf): Steps<readonly bigint[]> {
  const ids = yield* imageIdSteps(image, entries);
  const gone: bigint[] = [];
  let line = 0;
  for (const text of namesLines(payload)) {
    line += 1;
    if (line % STEP_ROWS === 0) yield;
    const id = BigInt(ID.exec(text)?.[0] ?? 0);
    if (!ids.has(Number(BigInt.asIntN(32, id & WORD)), Number(BigInt.asIntN(32, id >> 32n)))) gone.push(id);
  }
  return gone;
}
