/** The two keys of a segment. Whoever holds them can test an address, and nothing else. It must not be logged or shown. */
import { randomBytes } from 'node:crypto';
import { FINGERPRINT_KEY_AT, PROOF_KEY_AT } from './segment-layout.ts';

export interface SegmentKeys {
  /** 8 bytes: key of the HalfSipHash fingerprints that find candidates. */
  readonly fingerprint: Uint8Array;
  /** 32 bytes: key of the HMAC-SHA-256 that proves them. */
  readonly proof: Uint8Array;
}

/** Fresh keys, for lists that this installation digests itself. */
export function randomSegmentKeys(): SegmentKeys {
  return { fingerprint: randomBytes(8), proof: randomBytes(32) };
}

/** Those that a segment was built with. @param segment one that `segmentFault` has passed, or that was built here. */
export function keysOfSegment(segment: Uint8Array): SegmentKeys {
  return {
    fingerprint: segment.slice(FINGERPRINT_KEY_AT, FINGERPRINT_KEY_AT + 8),
    proof: segment.slice(PROOF_KEY_AT, PROOF_KEY_AT + 32),
  };
}
