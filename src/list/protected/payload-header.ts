/**
 * The header of a payload, as a node reads it. What it says is signed, but the program must come to no harm where a key was stolen: every
 * number is bounded before memory is asked for. It must not read what comes after the header.
 */
import type { SegmentKeys } from '../../match/keys.ts';
import { type ListError, listError } from '../list-error.ts';
import { MAX_LIST_BYTES } from '../source/source.ts';
import { PADDING_BYTES, PAYLOAD_AT, PAYLOAD_HEADER_BYTES, PAYLOAD_KIND, PAYLOAD_MAGIC } from './payload.ts';
import { formatFault } from './payload-format.ts';
import { RECORD_BYTES, viewOf } from './record.ts';
import type { Form } from './vectors.ts';

/** What a set of records is, and what its image will be. */
export interface SetTerms extends Form {
  /** Of the payload that it is from; none where it is from an image, whose records were checked. */
  readonly format?: number;
  readonly version: number;
  /** Seconds since the epoch. */
  readonly time: number;
  readonly keys: SegmentKeys;
  readonly digest: Uint8Array;
  readonly hostRows: number;
  readonly expressionRows: number;
  readonly hintRows: number;
}

export interface PayloadHeader extends SetTerms {
  readonly format: number;
  readonly kind: keyof typeof PAYLOAD_KIND;
  readonly previous: number;
  readonly addedHosts: number;
  readonly addedExpressions: number;
  readonly removals: number;
  readonly vectors: number;
  readonly vectorBytes: number;
}

/** As many records as the longest list has bytes for. */
const MAX_ROWS = Math.floor(MAX_LIST_BYTES / RECORD_BYTES);
const MAX_VECTOR_BYTES = 1024 * 1024;
const DIGEST_BYTES = 32;

/** @throws ListError `corrupt`, `truncated`, `unsupported`. */
export function readPayloadHeader(bytes: Uint8Array): PayloadHeader {
  if (bytes.length < PAYLOAD_HEADER_BYTES)
    throw payloadFault('truncated', `it ends within its header, after ${bytes.length} bytes`);
  if (!PAYLOAD_MAGIC.every((byte, i) => bytes[i] === byte))
    throw payloadFault('corrupt', 'its first bytes are not those of one');
  const view = viewOf(bytes);
  const word = (at: number): number => view.getUint32(at, true);
  const long = (at: number): number => Number(view.getBigUint64(at, true));
  const format = word(PAYLOAD_AT.format);
  const unread = formatFault(format);
  if (unread !== null) throw payloadFault('unsupported', unread);
  const header: PayloadHeader = {
    format,
    kind: word(PAYLOAD_AT.kind) === PAYLOAD_KIND.full ? 'full' : 'delta',
    form: word(PAYLOAD_AT.form),
    unicode: word(PAYLOAD_AT.unicode),
    version: long(PAYLOAD_AT.version),
    previous: long(PAYLOAD_AT.previous),
    time: long(PAYLOAD_AT.time),
    hostRows: word(PAYLOAD_AT.hostRows),
    expressionRows: word(PAYLOAD_AT.expressionRows),
    hintRows: word(PAYLOAD_AT.hintRows),
    addedHosts: word(PAYLOAD_AT.addedHosts),
    addedExpressions: word(PAYLOAD_AT.addedExpressions),
    removals: word(PAYLOAD_AT.removals),
    vectors: word(PAYLOAD_AT.vectors),
    vectorBytes: word(PAYLOAD_AT.vectorBytes),
    digest: bytes.slice(PAYLOAD_AT.digest, PAYLOAD_AT.digest + DIGEST_BYTES),
    keys: {
      fingerprint: bytes.slice(PAYLOAD_AT.fingerprintKey, PAYLOAD_AT.proofKey),
      proof: bytes.slice(PAYLOAD_AT.proofKey, PAYLOAD_AT.zeros),
    },
  };
  const zeros = bytes.subarray(PAYLOAD_AT.zeros, PAYLOAD_HEADER_BYTES);
  if (word(PAYLOAD_AT.kind) > PAYLOAD_KIND.delta || !isSound(header) || zeros.some((byte) => byte !== 0))
    throw payloadFault('corrupt', 'its header is damaged');
  return header;
}

/** Bytes of the whole payload, padding included. */
export function payloadBytes({ vectorBytes, removals, addedHosts, addedExpressions }: PayloadHeader): number {
  const end = PAYLOAD_HEADER_BYTES + vectorBytes + removals * 8 + (addedHosts + addedExpressions) * RECORD_BYTES;
  return Math.ceil(end / PADDING_BYTES) * PADDING_BYTES;
}

export function payloadFault(code: 'corrupt' | 'truncated' | 'unsupported' | 'digest', why: string): ListError {
  return listError(code, `not a usable payload: ${why}`);
}

function isSound(header: PayloadHeader): boolean {
  const { kind, version, previous, hostRows, expressionRows, hintRows, removals } = header;
  const added = header.addedHosts + header.addedExpressions;
  return (
    [version, previous, header.time].every((value) => Number.isSafeInteger(value)) &&
    Math.max(hostRows + expressionRows, added, removals) <= MAX_ROWS &&
    header.vectorBytes <= MAX_VECTOR_BYTES &&
    hintRows <= expressionRows &&
    (kind === 'full'
      ? previous === 0 && removals === 0 && header.addedHosts === hostRows && added === hostRows + expressionRows
      : previous < version)
  );
}
