/**
 * The id of an entry with a recipient: the first 64 bits of HMAC-SHA-256 over its uid (64 bits, big-endian) under a key that the recipient
 * does not have. No two recipients can tell by ids that they have the same entry, and an entry that is added again has another one.
 */
import { Prover } from '../../match/prover.ts';

/** @param idKey 32 bytes. */
export function idsOf(idKey: Uint8Array): (uid: number) => bigint {
  const prover = new Prover(idKey);
  const text = Buffer.alloc(8);
  const words = new Int32Array(4);
  const bytes = Buffer.from(words.buffer);
  return (uid) => {
    text.writeBigUInt64BE(BigInt(uid));
    prover.prove(text.toString('latin1'), words, 0);
    return bytes.readBigUInt64BE();
  };
}
