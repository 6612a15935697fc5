/**
 * Building a segment: entries in, one block of bytes out. Digests are made as entries come, so that a caller
 * can add in chunks and let its event loop breathe; the rest only sorts and copies. Keeps no text of any entry.
 */
import { FOLD } from '../url/fold.ts';
import type { Entry } from './entry.ts';
import { HalfSipHash } from './half-sip-hash.ts';
import type { PrefixHash } from './half-sip-hash.ts';
import type { SegmentKeys } from './keys.ts';
import { HintRows } from './hint-rows.ts';
import { ProvedRows } from './proved-rows.ts';
import { Prover } from './prover.ts';
import {
  bucketsFor,
  filterBits,
  filterWordsFor,
  FINGERPRINT_KEY_AT,
  HEADER,
  offsetsOf,
  PROOF_KEY_AT,
  SEGMENT_MAGIC,
  slotOf,
} from './segment-layout.ts';
import type { SegmentCounts } from './segment-layout.ts';

/** One segment of a snapshot. Holds its keys: as secret as the list. */
export interface SegmentImage {
  /** At a multiple of 8 in their buffer. */
  readonly bytes: Uint8Array;
  readonly entries: number;
  /** Every entry is of this list, whatever its record says; absent: of the list in its record. */
  readonly list?: number;
}

const hashes = { low: new Int32Array(1), high: new Int32Array(1) };
const cut = new Int32Array(1);

export class SegmentBuilder {
  readonly #keys: SegmentKeys;
  readonly #hash: PrefixHash;
  readonly #hosts: ProvedRows;
  readonly #expressions: ProvedRows;
  readonly #hints = new HintRows();
  #bytes = Buffer.alloc(2048);

  /** @param makeHash only tests replace it, to force collisions. */
  constructor(keys: SegmentKeys, makeHash: (key: Uint8Array) => PrefixHash = (key) => new HalfSipHash(key)) {
    this.#keys = keys;
    this.#hash = makeHash(keys.fingerprint);
    const prover = new Prover(keys.proof);
    this.#hosts = new ProvedRows(prover);
    this.#expressions = new ProvedRows(prover);
  }

  get entries(): number {
    return this.#hosts.length + this.#expressions.length;
  }

  add(entry: Entry): void {
    const { path } = entry;
    if (path.kind === 'host') {
      this.#fingerprint(reversed(entry.host));
      this.#hosts.add(entry, hashes.high[0]!, hashes.low[0]!, entry.host);
      return;
    }
    const text = `${entry.host}${keyText(entry)}`;
    this.#fingerprint(text);
    this.#expressions.add(entry, hashes.high[0]!, hashes.low[0]!, text);
    this.#fingerprint(reversed(entry.host));
    this.#hints.add(entry, hashes.high[0]!, hashes.low[0]!);
  }

  /** Once, when all are added: how many bytes `build` fills. */
  finish(): number {
    this.#hints.sortAndMerge();
    return offsetsOf(this.#counts()).end;
  }

  /** Once, at the end. @param bytes as many as `finish` said, at the start of their buffer; what is in them goes. */
  build(bytes: Uint8Array = new Uint8Array(this.finish())): SegmentImage {
    const counts = this.#counts();
    const at = offsetsOf(counts);
    bytes.fill(0);
    this.#writeHeader(bytes, counts);
    this.#hosts.write(bytes, at.hosts);
    this.#hints.write(bytes, at.hints);
    this.#expressions.write(bytes, at.expressions);
    const filter = new Int32Array(bytes.buffer, at.filter, counts.filterWords);
    fillFilter(filter, this.#hosts.high.view(), this.#hosts.low.view());
    fillFilter(filter, this.#hints.high.view(), this.#hints.low.view());
    return { bytes, entries: this.entries };
  }

  #counts(): SegmentCounts {
    return {
      filterWords: filterWordsFor(this.#hosts.length + this.#hints.length),
      hostRows: this.#hosts.length,
      hostBuckets: bucketsFor(this.#hosts.length),
      hintRows: this.#hints.length,
      hintBuckets: bucketsFor(this.#hints.length),
      expressionRows: this.#expressions.length,
      expressionBuckets: bucketsFor(this.#expressions.length),
    };
  }

  #writeHeader(bytes: Uint8Array, counts: SegmentCounts): void {
    const header = new Uint32Array(bytes.buffer, 0, 16);
    header[HEADER.magic] = SEGMENT_MAGIC;
    header[HEADER.length] = bytes.length / 8;
    header[HEADER.entries] = this.entries;
    header[HEADER.filterWords] = counts.filterWords;
    header[HEADER.hostRows] = counts.hostRows;
    header[HEADER.hostBuckets] = counts.hostBuckets;
    header[HEADER.hintRows] = counts.hintRows;
    header[HEADER.hintBuckets] = counts.hintBuckets;
    header[HEADER.expressionRows] = counts.expressionRows;
    header[HEADER.expressionBuckets] = counts.expressionBuckets;
    bytes.set(this.#keys.fingerprint.subarray(0, 8), FINGERPRINT_KEY_AT);
    bytes.set(this.#keys.proof.subarray(0, 32), PROOF_KEY_AT);
  }

  /** Leaves the fingerprint in `hashes`. */
  #fingerprint(text: string): void {
    if (this.#bytes.length < text.length) this.#bytes = Buffer.alloc(text.length * 2);
    cut[0] = this.#bytes.write(text, 0, 'latin1');
    this.#hash.hashPrefixes(this.#bytes, cut, 1, hashes);
  }
}

/** All of `entries` at once. */
export function buildSegment(
  entries: Iterable<Entry>,
  keys: SegmentKeys,
  makeHash?: (key: Uint8Array) => PrefixHash,
): SegmentImage {
  const builder = new SegmentBuilder(keys, makeHash);
  for (const entry of entries) builder.add(entry);
  return builder.build();
}

/** What stands behind the host in the key. Where a `/` at the end does not count, a directory's key has none either. */
function keyText({ path, fold }: Entry): string {
  if (path.kind === 'host') return '';
  if (path.kind === 'directory')
    return (fold & FOLD.slash) !== 0 && path.path.length > 1 ? path.path.slice(0, -1) : path.path;
  return path.kind === 'url' && path.query !== null ? `${path.path}?${path.query}` : path.path;
}

/** As `HostProbe` has it: the parents of a host are prefixes of its reversed name. */
function reversed(host: string): string {
  let text = '';
  for (let i = host.length - 1; i >= 0; i -= 1) text += host.charAt(i);
  return text;
}

function fillFilter(filter: Int32Array, high: Int32Array, low: Int32Array): void {
  const scale = filter.length / 2 ** 32;
  for (let row = 0; row < high.length; row += 1) {
    const word = slotOf(low[row]!, scale);
    filter[word] = filter[word]! | filterBits(high[row]!);
  }
}
