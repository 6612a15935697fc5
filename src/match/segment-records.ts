/**
 * A built segment as data, not for looking up: is it whole, what is in it. For segments that come from outside (a snapshot
 * file) and become part of a snapshot. It must not read anything that its header does not account for, whatever the bytes are.
 */
import { runSync, STEP_ROWS } from '../lib/steps.ts';
import type { Steps } from '../lib/steps.ts';
import type { SegmentImage } from './segment-builder.ts';
import {
  bucketsFor,
  filterWordsFor,
  HEADER,
  HINT,
  KINDS,
  META,
  offsetsOf,
  RECORD,
  RECORD_WORDS,
} from './segment-layout.ts';
import type { ProvedOffsets, SegmentCounts, SegmentOffsets } from './segment-layout.ts';
import { countsOf, segmentLength } from './segment.ts';

/* oxlint-disable typescript/no-non-null-assertion -- each row lies below the number of rows, by which every column was laid out */

/** What the records say; there is no text to say more. */
export interface SegmentFigures {
  /** In force on the day asked for. */
  readonly entries: number;
  readonly expired: number;
  /** In neither of the two. */
  readonly withdrawn: number;
  /** Distinct hosts, `*.` or not. */
  readonly hosts: number;
  readonly scopes: Readonly<Record<(typeof KINDS)[number], number>>;
  readonly subdomains: number;
  readonly withPort: number;
  readonly withExpiry: number;
  readonly marked: Readonly<Record<'dns' | 'steer' | 'count' | 'test', number>>;
  /** On whole hosts, permitted for DNS, on any port. */
  readonly forDns: number;
}

/**
 * @param bytes at a multiple of 8 in their buffer.
 * @returns why they are no segment that this program builds, null if they are one. Then every search in it ends: each
 *     bucket lies within the rows, and buckets ascend.
 */
export function segmentFault(bytes: Uint8Array): string | null {
  return runSync(segmentFaultSteps(bytes));
}

/** The same in steps. */
export function* segmentFaultSteps(bytes: Uint8Array): Steps<string | null> {
  if (segmentLength(bytes.buffer, bytes.byteOffset, bytes.length) !== bytes.length)
    return 'its header does not agree with its length';
  const { counts, at, words } = segmentColumns(bytes);
  if (counts.filterWords !== filterWordsFor(counts.hostRows + counts.hintRows)) return 'its filter has the wrong size';
  if (entriesOf(bytes) !== counts.hostRows + counts.expressionRows) return 'it miscounts its entries';
  const tables = [
    { buckets: counts.hostBuckets, rows: counts.hostRows, at: at.hosts, maxRows: MAX_ROWS_A_KEY },
    { buckets: counts.hintBuckets, rows: counts.hintRows, at: at.hints, maxRows: MAX_HINTS_A_HOST },
    { buckets: counts.expressionBuckets, rows: counts.expressionRows, at: at.expressions, maxRows: MAX_ROWS_A_KEY },
  ];
  if (
    !tables.every(
      (table) =>
        table.buckets === bucketsFor(table.rows) && ascends(words, table.at.buckets / 4, table.buckets, table.rows),
    )
  )
    return 'an index in it is damaged';
  for (const table of tables) if (!(yield* isEven(words, table))) return 'it has too many entries for one address';
  const folds = new Uint8Array(bytes.buffer, bytes.byteOffset + at.hints.folds, counts.hintRows);
  return (yield* areKnownFolds(folds)) ? null : 'it has a fold that does not exist';
}

/** Rows of one fingerprint, of one list: each look-up goes through all of them. The text is held to the same. */
const MAX_ROWS_A_KEY = 64;
/** One for each fold: each is asked in each reading of a path. */
const MAX_HINTS_A_HOST = HINT.foldMask + 1;
/** Fingerprints in one bucket, which a look-up goes through too. They are random, about eight of them; 64 come by chance in no file. */
const MAX_KEYS_A_BUCKET = 64;

interface Uneven {
  readonly buckets: number;
  readonly at: { readonly buckets: number; readonly high: number; readonly low: number };
  /** Of one fingerprint. */
  readonly maxRows: number;
}

function* isEven(words: Int32Array, { buckets, at, maxRows }: Uneven): Steps<boolean> {
  const [starts, high, low] = [at.buckets / 4, at.high / 4, at.low / 4];
  // A look-up goes on to the next fingerprint, past the end of its bucket: so does this count.
  let rows = 0;
  for (let bucket = 0; bucket < buckets; bucket += 1) {
    if (bucket % (4 * STEP_BUCKETS) === 4 * STEP_BUCKETS - 1) yield;
    const [start, end] = [words[starts + bucket]!, words[starts + bucket + 1]!];
    // More would be too long for a step, too.
    if (end - start > MAX_ROWS_A_KEY * MAX_KEYS_A_BUCKET) return false;
    let keys = 0;
    for (let row = start; row < end; row += 1) {
      const isSame =
        row > 0 && words[high + row] === words[high + row - 1] && words[low + row] === words[low + row - 1];
      if (!isSame || row === start) keys += 1;
      rows = isSame ? rows + 1 : 1;
      if (rows > maxRows || keys > MAX_KEYS_A_BUCKET) return false;
    }
  }
  return true;
}

function* areKnownFolds(folds: Uint8Array): Steps<boolean> {
  for (let row = 0; row < folds.length; row += 1) {
    if (row % (16 * STEP_ROWS) === 16 * STEP_ROWS - 1) yield;
    if (folds[row]! > HINT.all) return false;
  }
  return true;
}

/** A segment that `segmentFault` has passed, as part of a snapshot: files do not know at which place a configuration names them. */
export function imageOf(bytes: Uint8Array, list: number): SegmentImage {
  return { bytes, entries: entriesOf(bytes), list };
}

/** @param today UTC days since 1970-01-01. */
export function segmentFigures(bytes: Uint8Array, today: number): SegmentFigures {
  return runSync(segmentFigureSteps(bytes, today));
}

/** The same in steps. */
export function* segmentFigureSteps(bytes: Uint8Array, today: number): Steps<SegmentFigures> {
  const { counts, at, words } = segmentColumns(bytes);
  const hosts = yield* distinctHosts(words, counts, at);
  const figures = {
    entries: 0,
    expired: 0,
    withdrawn: 0,
    hosts,
    scopes: { host: 0, directory: 0, page: 0, url: 0 },
    subdomains: 0,
    withPort: 0,
    withExpiry: 0,
    marked: { dns: 0, steer: 0, count: 0, test: 0 },
    forDns: 0,
  };
  for (const { table, rows } of recordTables(counts, at)) {
    const expires = new Uint16Array(bytes.buffer, bytes.byteOffset + table.expires, rows);
    for (let row = 0; row < rows; row += 1) {
      if (row % STEP_ROWS === STEP_ROWS - 1) yield;
      const last = expires[row]!;
      const meta = words[table.records / 4 + row * RECORD_WORDS + RECORD.meta]!;
      if ((meta & META.withdrawn) !== 0) figures.withdrawn += 1;
      else if (last === 0 || last >= today) countRecord(figures, meta, last);
      else figures.expired += 1;
    }
  }
  return figures;
}

/** About as many rows as a step has; four times as many where a row is only compared with the one before. */
const STEP_BUCKETS = STEP_ROWS / 8;

type Counting = {
  -readonly [K in keyof SegmentFigures]: SegmentFigures[K] extends number
    ? number
    : Record<keyof SegmentFigures[K], number>;
};

function countRecord(figures: Counting, meta: number, expires: number): void {
  const kind = KINDS[(meta >>> META.kindShift) & META.kindMask]!;
  figures.entries += 1;
  figures.scopes[kind] += 1;
  const hasPort = (meta & META.portMask) !== 0;
  if (hasPort) figures.withPort += 1;
  if (expires !== 0) figures.withExpiry += 1;
  if ((meta & META.subdomains) !== 0) figures.subdomains += 1;
  if ((meta & META.count) !== 0) figures.marked.count += 1;
  if ((meta & META.test) !== 0) figures.marked.test += 1;
  if ((meta & META.steer) !== 0) figures.marked.steer += 1;
  if ((meta & META.dns) === 0) return;
  figures.marked.dns += 1;
  if (kind === 'host' && !hasPort) figures.forDns += 1;
}

/** Hosts and hints are sorted by the same fingerprint of a host: one walk over both counts each host once. */
function* distinctHosts(words: Int32Array, counts: SegmentCounts, at: SegmentOffsets): Steps<number> {
  const hosts = new FingerprintWalk(words, at.hosts, counts.hostRows);
  const hints = new FingerprintWalk(words, at.hints, counts.hintRows);
  let distinct = 0;
  while (!hosts.isAtEnd || !hints.isAtEnd) {
    const order = hosts.compare(hints);
    if (order <= 0) hosts.next();
    if (order >= 0) hints.next();
    distinct += 1;
    if (distinct % STEP_ROWS === 0) yield;
  }
  return distinct;
}

class FingerprintWalk {
  readonly #words: Int32Array;
  readonly #high: number;
  readonly #low: number;
  readonly #rows: number;
  #row = 0;

  constructor(words: Int32Array, at: { readonly high: number; readonly low: number }, rows: number) {
    this.#words = words;
    this.#high = at.high / 4;
    this.#low = at.low / 4;
    this.#rows = rows;
  }

  get isAtEnd(): boolean {
    return this.#row >= this.#rows;
  }

  get high(): number {
    return this.#words[this.#high + this.#row]! >>> 0;
  }

  get low(): number {
    return this.#words[this.#low + this.#row]! >>> 0;
  }

  /** Negative: this one comes first; the end comes last. */
  compare(other: FingerprintWalk): number {
    if (this.isAtEnd || other.isAtEnd) return Number(this.isAtEnd) - Number(other.isAtEnd);
    return this.high - other.high || this.low - other.low;
  }

  /** To the next other fingerprint. */
  next(): void {
    const { high, low } = this;
    do this.#row += 1;
    while (!this.isAtEnd && this.high === high && this.low === low);
  }
}

/** The tables of records, and their rows. */
export function recordTables(
  counts: SegmentCounts,
  at: SegmentOffsets,
): readonly { readonly table: ProvedOffsets; readonly rows: number }[] {
  return [
    { table: at.hosts, rows: counts.hostRows },
    { table: at.expressions, rows: counts.expressionRows },
  ];
}

/** `words` are those of the whole segment: offsets divided by four are indexes. */
export function segmentColumns(bytes: Uint8Array): {
  readonly counts: SegmentCounts;
  readonly at: SegmentOffsets;
  readonly words: Int32Array;
} {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const counts = countsOf(headerOf(bytes));
  return { counts, at: offsetsOf(counts), words };
}

function headerOf(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, 16);
}

function entriesOf(bytes: Uint8Array): number {
  return headerOf(bytes)[HEADER.entries]!;
}

function ascends(words: Int32Array, start: number, buckets: number, rows: number): boolean {
  if (words[start] !== 0 || words[start + buckets] !== rows) return false;
  for (let i = start; i < start + buckets; i += 1) if (words[i]! > words[i + 1]!) return false;
  return true;
}
