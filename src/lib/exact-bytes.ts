/**
 * Bytes that are kept for longer than the turn in which they were read. A read of a client may lie in memory that it shares with reads
 * of others (accept/client-reads.ts), and whoever keeps some of the bytes keeps all of that memory. It must not change a byte.
 */

/** @returns the same bytes at the same offsets, in memory that is hardly larger than they are */
export function exactBytes(bytes: Buffer): Buffer {
  if (bytes.buffer.byteLength <= 2 * bytes.length) return bytes;
  if (bytes.length === 0) return NOTHING;
  const exact = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(exact);
  return exact;
}

/** @returns the bytes, to be written to this output: behind others they wait until it takes them, and lie in memory of their own then */
export function exactBehind({ unsent }: { readonly unsent: number }, bytes: Buffer): Buffer {
  return unsent > 0 ? exactBytes(bytes) : bytes;
}

const NOTHING: Buffer = Buffer.alloc(0);
