/**
 * The id of an entry with a recipient: the first 64 bits of HMAC-SHA-256 over its uid (64 bits, big-endian) under a key that the recipient
 * does not have. No two recipients can tell by ids that they have the same entry, and an entry that is added again has another one.
 */
import { Prover } from '../../match/prover.ts';

/** @param idKey 32 bytes. */
export function idsOf(idKey: Uint8Array): (uid: number) => bigint {
  const prover = new Prover(idKey);
  const text = new DataView(new ArrayBuffer(8));
  const bytes = Buffer.from(text.buffer);
  const words = new Int32Array(4);
  const proof = new DataView(words.buffer);
  return (uid) => {
    // As words: a BigInt would be made and thrown away for each.
    text.setUint32(0, Math.floor(uid / 2 ** 32));
    text.setUint32(4, uid >>> 0);
    prover.prove(bytes.toString('latin1'), words, 0);
    return proof.getBigUint64(0);
  };
}
