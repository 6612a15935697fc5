/** SHA-256 of a list, in steps: of a long one it would hold up the event loop. It must not keep the bytes. */
import { createHash } from 'node:crypto';
import { STEP_BYTES } from '../lib/steps.ts';
import type { Steps } from '../lib/steps.ts';

/** Of all parts, one behind the other. */
export function* sha256Steps(parts: readonly Uint8Array[]): Steps<Buffer> {
  const hash = createHash('sha256');
  for (const part of parts) {
    for (let at = 0; at < part.length; at += STEP_BYTES) {
      if (at > 0) yield;
      hash.update(part.subarray(at, at + STEP_BYTES));
    }
  }
  return hash.digest();
}
