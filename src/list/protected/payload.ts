/**
 * What a publisher encrypts for a recipient: a list under the recipient's digest keys, whole or as its difference to the version before.
 *
 *   header 192 B │ vectors │ removals: ids, ascending (delta) │ additions: records, in order │ zeros to a multiple of 64 KiB
 *
 * The bytes are in docs/list-format.md. The padding hides how many entries there are from who sees the length of the file.
 * It must not hold anything of the list in the clear.
 */
import type { SegmentKeys } from '../../match/keys.ts';
import { PAYLOAD_FORMAT } from './payload-format.ts';
import { RECORD_BYTES, viewOf } from './record.ts';
import { figuresOf, hostRowsIn } from './set-figures.ts';
import type { SetFigures } from './set-figures.ts';
import { encodeVectors } from './vectors.ts';
import type { Form, Vector } from './vectors.ts';

export interface PayloadTerms extends Form {
  /** Unless it is said, the oldest. */
  readonly format?: number;
  /** Of the list: 1, 2, 3 … */
  readonly version: number;
  /** Seconds since the epoch. */
  readonly time: number;
  readonly keys: SegmentKeys;
  /** `makeVectors(keys)`. */
  readonly vectors: readonly Vector[];
}

export interface PayloadDelta {
  /** The version that it is a difference to. */
  readonly previous: number;
  readonly removals: BigUint64Array;
  /** Sorted records. */
  readonly additions: Uint8Array;
  /** Of the whole set of `terms.version`. */
  readonly result: SetFigures;
}

export const PAYLOAD_MAGIC = Uint8Array.of(0x89, 0x43, 0x46, 0x4d, 0x41, 0x54, 0x43, 0x0a);
export const PAYLOAD_HEADER_BYTES = 192;
/** Length of every payload is a multiple of it. */
export const PADDING_BYTES = 64 * 1024;
export const PAYLOAD_KIND = { full: 0, delta: 1 } as const;

/** Byte offsets in the header. */
export const PAYLOAD_AT = {
  format: 8,
  kind: 12,
  form: 16,
  unicode: 20,
  version: 24,
  previous: 32,
  time: 40,
  hostRows: 48,
  expressionRows: 52,
  hintRows: 56,
  addedHosts: 60,
  addedExpressions: 64,
  removals: 68,
  vectors: 72,
  vectorBytes: 76,
  digest: 80,
  fingerprintKey: 112,
  proofKey: 120,
  zeros: 152,
} as const;

/** @param sorted records of the whole list. */
export function encodeFull(terms: PayloadTerms, sorted: Uint8Array, result = figuresOf([sorted])): Uint8Array {
  const removals = new BigUint64Array(0);
  return encode(terms, { kind: PAYLOAD_KIND.full, previous: 0, removals, additions: sorted, result });
}

export function encodeDelta(terms: PayloadTerms, delta: PayloadDelta): Uint8Array {
  return encode(terms, { kind: PAYLOAD_KIND.delta, ...delta });
}

function encode(
  terms: PayloadTerms,
  { kind, previous, removals, additions, result }: PayloadDelta & { readonly kind: number },
): Uint8Array {
  const vectors = encodeVectors(terms.vectors);
  const removalsAt = PAYLOAD_HEADER_BYTES + vectors.length;
  const additionsAt = removalsAt + removals.length * 8;
  const end = additionsAt + additions.length;
  const bytes = new Uint8Array(Math.ceil(end / PADDING_BYTES) * PADDING_BYTES);
  const view = viewOf(bytes);
  const addedHosts = hostRowsIn(additions);
  bytes.set(PAYLOAD_MAGIC);
  for (const [at, value] of [
    [PAYLOAD_AT.format, terms.format ?? PAYLOAD_FORMAT],
    [PAYLOAD_AT.kind, kind],
    [PAYLOAD_AT.form, terms.form],
    [PAYLOAD_AT.unicode, terms.unicode],
    [PAYLOAD_AT.hostRows, result.hostRows],
    [PAYLOAD_AT.expressionRows, result.expressionRows],
    [PAYLOAD_AT.hintRows, result.hintRows],
    [PAYLOAD_AT.addedHosts, addedHosts],
    [PAYLOAD_AT.addedExpressions, additions.length / RECORD_BYTES - addedHosts],
    [PAYLOAD_AT.removals, removals.length],
    [PAYLOAD_AT.vectors, terms.vectors.length],
    [PAYLOAD_AT.vectorBytes, vectors.length],
  ] as const)
    view.setUint32(at, value, true);
  view.setBigUint64(PAYLOAD_AT.version, BigInt(terms.version), true);
  view.setBigUint64(PAYLOAD_AT.previous, BigInt(previous), true);
  view.setBigUint64(PAYLOAD_AT.time, BigInt(terms.time), true);
  bytes.set(result.digest, PAYLOAD_AT.digest);
  bytes.set(terms.keys.fingerprint, PAYLOAD_AT.fingerprintKey);
  bytes.set(terms.keys.proof, PAYLOAD_AT.proofKey);
  bytes.set(vectors, PAYLOAD_HEADER_BYTES);
  for (const [i, id] of removals.toSorted().entries()) view.setBigUint64(removalsAt + i * 8, id, true);
  bytes.set(additions, additionsAt);
  return bytes;
}
