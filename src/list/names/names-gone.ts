/**
 * Which lines of a payload do not hold in the version that is in force, where the payload is that of another version: whatever is in it and not there is
 * as good as withdrawn, so that nobody is told of what was removed, or has never been in force. It must not read a host.
 */
import { STEP_ROWS } from '../../lib/steps.ts';
import type { Steps } from '../../lib/steps.ts';
import { imageIdSteps } from '../protected/image-ids.ts';
import { namesLines } from './names-payload.ts';

const ID = /^\d{1,20}(?= )/;
const WORD = 0xffff_ffffn;

/** @param image in force. @returns ids, as `ListNames.withdrawn` has them. */
export function* namesGoneSteps(payload: Uint8Array, image: Uint8Array): Steps<readonly bigint[]> {
  const ids = yield* imageIdSteps(image);
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
