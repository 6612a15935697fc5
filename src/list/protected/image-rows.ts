/**
 * The rows of an image: records go in, in order, and each word goes to its column. Every record of a payload passes here once, and is
 * checked here: what is out of order, of no known kind or too much ends the building. The digest is of what went in.
 * They must not take a record unchecked.
 */
import { createHash } from 'node:crypto';
import type { Steps } from '../../lib/steps.ts';
import { EXTENT_INFO } from '../../match/entry-words.ts';
import { hintColumns, hintsOfEntries, mergeHints } from '../../match/hint-rows.ts';
import { finishSegment } from '../../match/segment-finish.ts';
import { KIND, META, RECORD, RECORD_WORDS } from '../../match/segment-layout.ts';
import type { ProvedOffsets } from '../../match/segment-layout.ts';
import { segmentFigureSteps } from '../../match/segment-records.ts';
import { MAX_DIRECTORY_DEPTH } from '../../url/path.ts';
import { IdSet } from './ids.ts';
import { writeImageHeader } from './image-layout.ts';
import type { ImageParts } from './image-layout.ts';
import { INFO_FORMAT, saysInfo } from './payload-format.ts';
import { payloadFault } from './payload-header.ts';
import type { SetTerms } from './payload-header.ts';
import { AT, DIGEST_DOMAIN, NODE_BITS, RECORD_BYTES, viewOf } from './record.ts';
import type { WithdrawnSet } from './withdrawn.ts';

/* oxlint-disable typescript/no-non-null-assertion -- each row lies below the number of rows, by which every column was laid out, kinds below the number of kinds */

/** By kind: the largest extent (match/entry-words.ts), but for `EXTENT_INFO`. */
const MAX_EXTENTS = [0, MAX_DIRECTORY_DEPTH, 0, 1] as const;

export class ImageRows {
  readonly #parts: ImageParts;
  readonly #set: SetTerms;
  readonly #serial: number;
  readonly #hosts: ProvedColumns;
  readonly #expressions: ProvedColumns;
  readonly #digest = createHash('sha256').update(DIGEST_DOMAIN);

  /** @param parts of an image that is all zeros. */
  constructor(parts: ImageParts, set: SetTerms, withdrawn: WithdrawnSet | null) {
    this.#parts = parts;
    this.#set = set;
    this.#serial = withdrawn?.serial ?? 0;
    const ids = withdrawn === null || withdrawn.ids.length === 0 ? null : new IdSet(withdrawn.ids);
    const { segment, at } = parts;
    const terms = { withdrawn: ids, hasInfo: saysInfo(set.format ?? INFO_FORMAT) };
    this.#hosts = new ProvedColumns(segment, at.hosts, { ...terms, rows: set.hostRows, areHosts: true });
    this.#expressions = new ProvedColumns(segment, at.expressions, {
      ...terms,
      rows: set.expressionRows,
      areHosts: false,
    });
  }

  /** @param run whole records. @throws ListError `corrupt`. */
  add(run: Uint8Array): void {
    this.#digest.update(run);
    const view = viewOf(run);
    const rows = run.length / RECORD_BYTES;
    const hosts = Math.min(rows, this.#set.hostRows - this.#hosts.length);
    this.#hosts.add(view, 0, hosts);
    if (rows === hosts) return;
    const first = this.#expressions.length;
    this.#expressions.add(view, hosts, rows);
    this.#keepForHints(view, hosts, first);
  }

  /** All were added. @throws ListError `corrupt`, `digest`. */
  *finish(): Steps<void> {
    const { segment, at, counts, hostHigh, hostLow, extents } = this.#parts;
    if (this.#hosts.length < this.#set.hostRows || this.#expressions.length < this.#set.expressionRows)
      throw payloadFault('corrupt', 'it has fewer records than its header says');
    if (!this.#digest.digest().equals(this.#set.digest))
      throw payloadFault('digest', 'its records are not those that were signed');
    const meta = (row: number): number => this.#expressions.meta(row);
    const columns = hintColumns(segment.buffer, segment.byteOffset, at.hints, counts.hintRows);
    const source = hintsOfEntries({ high: hostHigh, low: hostLow }, meta, extents);
    const hints = yield* mergeHints(source, columns);
    if (hints !== counts.hintRows) throw payloadFault('corrupt', 'it miscounts its hosts');
    yield* finishSegment(segment, counts, this.#set.keys);
    const firstEnd = Math.min(this.#hosts.firstEnd, this.#expressions.firstEnd);
    const figures = yield* segmentFigureSteps(segment, 0);
    writeImageHeader(this.#parts.bytes, this.#set, this.#serial, {
      ...figures,
      firstEnd: firstEnd === Number.POSITIVE_INFINITY ? 0 : firstEnd,
    });
  }

  #keepForHints(view: DataView, from: number, first: number): void {
    const { hostHigh, hostLow, extents } = this.#parts;
    for (let row = first, at = from * RECORD_BYTES; row < this.#expressions.length; row += 1, at += RECORD_BYTES) {
      hostHigh[row] = view.getInt32(at + AT.hostHigh, true);
      hostLow[row] = view.getInt32(at + AT.hostLow, true);
      extents[row] = view.getUint8(at + AT.extent);
    }
  }
}

/** The columns of one table of a segment. */
class ProvedColumns {
  length = 0;
  /** The smallest `expires` that is not 0. */
  firstEnd = Number.POSITIVE_INFINITY;
  readonly #rows: number;
  readonly #areHosts: boolean;
  /** Pages may have `EXTENT_INFO`. */
  readonly #hasInfo: boolean;
  readonly #high: Int32Array;
  readonly #low: Int32Array;
  readonly #records: Int32Array;
  readonly #expires: Uint16Array;
  readonly #withdrawn: IdSet | null;

  constructor(
    segment: Uint8Array,
    at: ProvedOffsets,
    {
      rows,
      areHosts,
      withdrawn,
      hasInfo,
    }: {
      readonly rows: number;
      readonly areHosts: boolean;
      readonly withdrawn: IdSet | null;
      readonly hasInfo: boolean;
    },
  ) {
    const { buffer, byteOffset: base } = segment;
    this.#rows = rows;
    this.#areHosts = areHosts;
    this.#hasInfo = hasInfo;
    this.#high = new Int32Array(buffer, base + at.high, rows);
    this.#low = new Int32Array(buffer, base + at.low, rows);
    this.#records = new Int32Array(buffer, base + at.records, rows * RECORD_WORDS);
    this.#expires = new Uint16Array(buffer, base + at.expires, rows);
    this.#withdrawn = withdrawn;
  }

  meta(row: number): number {
    return this.#records[row * RECORD_WORDS + RECORD.meta]!;
  }

  add(view: DataView, from: number, to: number): void {
    if (this.length + to - from > this.#rows) throw payloadFault('corrupt', 'it has more records than its header says');
    for (let index = from; index < to; index += 1) this.#addOne(view, index * RECORD_BYTES);
  }

  #addOne(view: DataView, from: number): void {
    const row = this.length;
    const records = this.#records;
    const at = row * RECORD_WORDS;
    this.#high[row] = view.getInt32(from + AT.high, true);
    this.#low[row] = view.getInt32(from + AT.low, true);
    // Proof, id and meta are seven words, here as there.
    for (let word = 0; word < RECORD_WORDS; word += 1)
      records[at + word] = view.getInt32(from + AT.proof + word * 4, true);
    const expires = view.getUint16(from + AT.expires, true);
    this.#expires[row] = expires;
    if (expires !== 0 && expires < this.firstEnd) this.firstEnd = expires;
    if (!isSound(view, from, this.#areHosts, this.#hasInfo) || !this.#ascends(row))
      throw payloadFault('corrupt', 'a record is damaged or out of order');
    const isWithdrawn = this.#withdrawn?.has(records[at + RECORD.idLow]!, records[at + RECORD.idHigh]!) ?? false;
    if (isWithdrawn) records[at + RECORD.meta] = records[at + RECORD.meta]! | META.withdrawn;
    this.length = row + 1;
  }

  /** Strictly: by fingerprint, then id. */
  #ascends(row: number): boolean {
    if (row === 0) return true;
    const at = row * RECORD_WORDS;
    const before = at - RECORD_WORDS;
    const order =
      (this.#high[row]! >>> 0) - (this.#high[row - 1]! >>> 0) ||
      (this.#low[row]! >>> 0) - (this.#low[row - 1]! >>> 0) ||
      (this.#records[at + RECORD.idHigh]! >>> 0) - (this.#records[before + RECORD.idHigh]! >>> 0) ||
      (this.#records[at + RECORD.idLow]! >>> 0) - (this.#records[before + RECORD.idLow]! >>> 0);
    return order > 0;
  }
}

/** Says nothing that records do not say, and is of the right table. */
function isSound(view: DataView, at: number, isHost: boolean, hasInfo: boolean): boolean {
  const meta = view.getInt32(at + AT.meta, true);
  const kind = (meta >>> META.kindShift) & META.kindMask;
  const extent = view.getUint8(at + AT.extent);
  return (
    (kind === KIND.host) === isHost &&
    (meta & NODE_BITS) === 0 &&
    (hasInfo && kind >= KIND.page ? extent & ~EXTENT_INFO : extent) <= MAX_EXTENTS[kind]! &&
    view.getUint8(at + AT.extent + 1) === 0 &&
    (!isHost || (view.getInt32(at + AT.hostHigh, true) | view.getInt32(at + AT.hostLow, true)) === 0)
  );
}
