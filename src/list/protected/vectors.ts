/**
 * The vectors of a payload: synthetic URLs with the keys that the publisher's canonical form gives them under the payload's digest keys.
 * A node whose own form gives another key for one of them would silently miss entries, so it refuses the list instead (requirement 72).
 *
 *   kind 8 bits │ fold 8 bits │ length of the text 16 bits │ fingerprint high, low │ proof 16 B │ text
 *
 * They must not show anything of a list: all hosts are reserved names (RFC 6761).
 */
import { listError } from '../list-error.ts';
import { EntryKey } from '../../match/entry-key.ts';
import type { KeyedEntry } from '../../match/entry-key.ts';
import type { PathScope } from '../../match/entry.ts';
import { HalfSipHash } from '../../match/half-sip-hash.ts';
import type { SegmentKeys } from '../../match/keys.ts';
import { Prover } from '../../match/prover.ts';
import { KINDS } from '../../match/segment-layout.ts';
import { CANONICAL_FORM } from '../../url/canonical-form.ts';
import { ALL_FOLDS, FOLD, foldedTarget } from '../../url/fold.ts';
import { canonicalHost } from '../../url/host.ts';
import { splitUrl } from '../../url/split.ts';
import { PAYLOAD_FORMAT, saysInfo } from './payload-format.ts';
import { INFO_SAMPLES, SAMPLES } from './vector-samples.ts';
import type { VectorSample } from './vector-samples.ts';

export interface Vector extends VectorSample {
  /** As signed words. */
  readonly high: number;
  readonly low: number;
  /** 16 bytes. */
  readonly proof: Uint8Array;
}

/** Which form made them. */
export interface Form {
  readonly form: number;
  /** Major, minor and patch of the Unicode version, in 16, 8 and 8 bits. */
  readonly unicode: number;
}

/** This program's. */
export const OWN_FORM: Form = { form: CANONICAL_FORM, unicode: unicodeNumber(process.versions['unicode'] ?? '') };

/** What a payload says of itself. */
interface MadeWith extends Form {
  /** Unless it is said, the oldest. */
  readonly format?: number;
}

const HEAD_BYTES = 28;
const PROOF_BYTES = 16;

/** What this program makes of the samples of a format. */
export function makeVectors(keys: SegmentKeys, format: number = PAYLOAD_FORMAT): readonly Vector[] {
  const key = new EntryKey(new HalfSipHash(keys.fingerprint));
  const prover = new Prover(keys.proof);
  return samplesOf(format).map((sample) => vectorOf(sample, key, prover));
}

export function encodeVectors(vectors: readonly Vector[]): Uint8Array {
  return Buffer.concat(
    vectors.map(({ kind, fold, text, high, low, proof }) => {
      const raw = Buffer.from(text);
      const head = Buffer.alloc(HEAD_BYTES);
      head.writeUInt8(KINDS.indexOf(kind), 0);
      head.writeUInt8(fold, 1);
      head.writeUInt16LE(raw.length, 2);
      head.writeInt32LE(high, 4);
      head.writeInt32LE(low, 8);
      head.set(proof.subarray(0, PROOF_BYTES), 12);
      return Buffer.concat([head, raw]);
    }),
  );
}

/** @throws ListError `canonical_form`: this program makes another key of one of them, or works by another form; `corrupt`. */
export function checkVectors(
  bytes: Uint8Array,
  { count, keys, made }: { readonly count: number; readonly keys: SegmentKeys; readonly made: MadeWith },
): void {
  if (made.form !== OWN_FORM.form) throw otherForm(made, 'it is of another canonical form');
  const key = new EntryKey(new HalfSipHash(keys.fingerprint));
  const prover = new Prover(keys.proof);
  const format = made.format ?? PAYLOAD_FORMAT;
  const least = samplesOf(format).length;
  const given = decodeVectors(bytes, saysInfo(format) ? ALL_FOLDS : ALL_FOLDS & ~FOLD.info);
  if (given.length !== count) throw listError('corrupt', 'its vectors are not as many as its header says');
  // Without them nobody would see that the forms differ.
  if (count < least) throw listError('corrupt', `it has ${count} vectors, and at least ${least} are needed`);
  for (const [i, vector] of given.entries()) {
    const own = vectorOf(vector, key, prover);
    if (own.high !== vector.high || own.low !== vector.low || !Buffer.from(own.proof).equals(vector.proof))
      throw otherForm(made, `vector ${i + 1} of ${count} (${vector.kind}) has another key here`);
  }
}

/** `17.0`, as Unicode writes its versions. */
export function unicodeText(unicode: number): string {
  return [unicode >>> 16, (unicode >>> 8) & 0xff, unicode & 0xff].join('.');
}

function unicodeNumber(text: string): number {
  const [major = 0, minor = 0, patch = 0] = text.split('.').map(Number);
  return (major << 16) | (minor << 8) | patch;
}

function samplesOf(format: number): readonly VectorSample[] {
  return saysInfo(format) ? [...SAMPLES, ...INFO_SAMPLES] : SAMPLES;
}

/** @param folds that there are. */
function decodeVectors(bytes: Uint8Array, folds: number): readonly Vector[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const vectors: Vector[] = [];
  for (let at = 0; at < buffer.length;) {
    const end = at + HEAD_BYTES <= buffer.length ? at + HEAD_BYTES + buffer.readUInt16LE(at + 2) : Infinity;
    const kind = end <= buffer.length ? KINDS[buffer.readUInt8(at)] : undefined;
    const fold = kind === undefined ? -1 : buffer.readUInt8(at + 1);
    if (kind === undefined || fold > (kind === 'host' ? 0 : folds))
      throw listError('corrupt', 'its vectors are damaged');
    vectors.push({
      kind,
      fold,
      high: buffer.readInt32LE(at + 4),
      low: buffer.readInt32LE(at + 8),
      proof: buffer.subarray(at + 12, at + HEAD_BYTES),
      text: buffer.toString('utf8', at + HEAD_BYTES, end),
    });
    at = end;
  }
  return vectors;
}

/** Where the text is no URL here, the key is that of nothing. */
function vectorOf({ kind, fold, text }: VectorSample, key: EntryKey, prover: Prover): Vector {
  const proof = new Int32Array(PROOF_BYTES / 4);
  const entry = keyedEntry({ kind, fold, text });
  if (entry === null) return { kind, fold, text, high: 0, low: 0, proof: new Uint8Array(PROOF_BYTES) };
  key.load(entry);
  prover.prove(key.text, proof, 0);
  return { kind, fold, text, high: key.high, low: key.low, proof: new Uint8Array(proof.buffer) };
}

/** As for a request: text of bytes, taken apart, host and target each in its form. */
function keyedEntry({ kind, fold, text }: VectorSample): KeyedEntry | null {
  const url = splitUrl(Buffer.from(text).toString('latin1'));
  const host = url === null ? null : canonicalHost(url.host);
  if (url === null || host === null) return null;
  return { host, path: scopeOf(kind, url.target, fold), fold };
}

function scopeOf(kind: VectorSample['kind'], target: string, fold: number): PathScope {
  switch (kind) {
    case 'host':
      return { kind };
    case 'directory':
      return { kind, path: foldedTarget(target, fold & ~FOLD.slash).path };
    case 'page':
      return { kind, path: foldedTarget(target, fold).path };
    case 'url':
      return { kind, ...foldedTarget(target, fold) };
  }
}

function otherForm(made: Form, why: string): Error {
  return listError(
    'canonical_form',
    `made with canonical form ${made.form} and Unicode ${unicodeText(made.unicode)}, this program has ${OWN_FORM.form} and ${unicodeText(OWN_FORM.unicode)}; ${why}`,
  );
}
