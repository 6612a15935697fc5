/**
 * How a segment lies in memory: little-endian, columns rather than rows, so that a probe touches few cache lines.
 *
 *   header 128 B │ filter │ hosts: buckets high low records expires │ hints: buckets high low depths scopes folds │ expressions: as hosts
 *
 *   filter       8 bits for each distinct host key: most hosts are known to be unlisted after one memory access
 *   hosts        entries on whole hosts, 38 B each, sorted by fingerprint
 *   hints        hosts that only lead to path entries, 15 B each, one for each fold of a host: which depths and kinds exist below
 *                in that fold, and whether one of these entries steers. They need no proof of their own, the expression's proof
 *                settles it; hosts whose fingerprints collide share a hint (a superset)
 *   expressions  entries on paths, 38 B each, sorted by fingerprint
 *   buckets      first row of each run of about 8 fingerprints, so that a search is a short scan
 *
 * Host keys are fingerprints of the reversed name, expression keys of `host/path?query`; what kind of path scope a key
 * stands for is in its record, as is all else (same key, other list or port: rows side by side).
 * It must not read or write a segment: it says where things lie.
 */

export const SEGMENT_MAGIC = 0x4753_4643;
export const SEGMENT_HEADER_BYTES = 128;
/** Byte offsets of the keys in the header, which makes a snapshot as secret as they are. */
export const FINGERPRINT_KEY_AT = 64;
export const PROOF_KEY_AT = 72;

/** Words of the header (Uint32). */
export const HEADER = {
  magic: 0,
  /** Length of the segment in units of 8 bytes. */
  length: 1,
  entries: 2,
  filterWords: 3,
  hostRows: 4,
  hostBuckets: 5,
  hintRows: 6,
  hintBuckets: 7,
  expressionRows: 8,
  expressionBuckets: 9,
} as const;

/** A record: proof (4 words), id (low, high), meta. */
export const RECORD_WORDS = 7;
export const RECORD = { proof: 0, idLow: 4, idHigh: 5, meta: 6 } as const;

/** The meta word: port in bits 0-15, list in 16-20, kind in 21-22, then the flags, the fold in 28-30 without `FOLD.info`, and withdrawn. */
export const META = {
  portMask: 0xffff,
  listShift: 16,
  listMask: 31,
  kindShift: 21,
  kindMask: 3,
  subdomains: 1 << 23,
  count: 1 << 24,
  test: 1 << 25,
  dns: 1 << 26,
  steer: 1 << 27,
  foldShift: 28,
  foldMask: 7,
  /** Set beside the list (list/protected/withdrawn.ts): as good as absent, but the digest of the list still covers it. */
  withdrawn: 1 << 31,
} as const;

export const KINDS = ['host', 'directory', 'page', 'url'] as const;
export const KIND = { host: 0, directory: 1, page: 2, url: 3 } as const;

/** Bits of a hint's scopes: what exists on exactly this host, and (`<< SUBDOMAIN_SHIFT`) on it and its subdomains. */
export const SCOPE = { root: 1, directories: 2, path: 4, query: 8, all: 15 } as const;
export const SUBDOMAIN_SHIFT = 4;

/** A byte of the folds: the fold, and whether an entry with permission `steer` is on exactly this host, or on it and its subdomains. */
export const HINT = { foldMask: 15, steer: 1 << 4, steerSubdomains: 1 << 5, all: 63 } as const;

const ROWS_PER_BUCKET = 8;
const KEYS_PER_FILTER_WORD = 4;

export interface SegmentCounts {
  readonly filterWords: number;
  readonly hostRows: number;
  readonly hostBuckets: number;
  readonly hintRows: number;
  readonly hintBuckets: number;
  readonly expressionRows: number;
  readonly expressionBuckets: number;
}

export interface ProvedOffsets {
  readonly buckets: number;
  readonly high: number;
  readonly low: number;
  readonly records: number;
  readonly expires: number;
}

/** Byte offsets from the start of the segment; all are multiples of 4. */
export interface SegmentOffsets {
  readonly filter: number;
  readonly hosts: ProvedOffsets;
  readonly hints: {
    readonly buckets: number;
    readonly high: number;
    readonly low: number;
    readonly depths: number;
    readonly scopes: number;
    readonly folds: number;
  };
  readonly expressions: ProvedOffsets;
  /** Multiple of 8. */
  readonly end: number;
}

export function bucketsFor(rows: number): number {
  return Math.max(1, Math.ceil(rows / ROWS_PER_BUCKET));
}

export function filterWordsFor(keys: number): number {
  return Math.max(1, Math.ceil(keys / KEYS_PER_FILTER_WORD));
}

/** Of a segment that has so many rows. */
export function countsFor(rows: Pick<SegmentCounts, 'hostRows' | 'hintRows' | 'expressionRows'>): SegmentCounts {
  return {
    ...rows,
    filterWords: filterWordsFor(rows.hostRows + rows.hintRows),
    hostBuckets: bucketsFor(rows.hostRows),
    hintBuckets: bucketsFor(rows.hintRows),
    expressionBuckets: bucketsFor(rows.expressionRows),
  };
}

/** Offsets follow from the counts alone: nothing in a header can point outside its segment. */
export function offsetsOf(counts: SegmentCounts): SegmentOffsets {
  const cursor = new Cursor(SEGMENT_HEADER_BYTES);
  const filter = cursor.take(counts.filterWords * 4);
  const hosts = provedOffsets(cursor, counts.hostRows, counts.hostBuckets);
  const hints = {
    buckets: cursor.take((counts.hintBuckets + 1) * 4),
    high: cursor.take(counts.hintRows * 4),
    low: cursor.take(counts.hintRows * 4),
    depths: cursor.take(counts.hintRows * 4),
    scopes: cursor.take(counts.hintRows),
    folds: cursor.take(counts.hintRows),
  };
  const expressions = provedOffsets(cursor, counts.expressionRows, counts.expressionBuckets);
  return { filter, hosts, hints, expressions, end: Math.ceil(cursor.at / 8) * 8 };
}

/** The bits of a key in its filter word. Low bits of `high`, because buckets are chosen by its high bits. */
export function filterBits(high: number): number {
  return (1 << (high & 31)) | (1 << ((high >>> 5) & 31)) | (1 << ((high >>> 10) & 31));
}

/** Which of `size` slots a 32-bit hash falls into; `scale` is `size / 2^32`. Monotonic in the unsigned value. */
export function slotOf(hash: number, scale: number): number {
  return Math.floor((hash >>> 0) * scale);
}

function provedOffsets(cursor: Cursor, rows: number, buckets: number): ProvedOffsets {
  return {
    buckets: cursor.take((buckets + 1) * 4),
    high: cursor.take(rows * 4),
    low: cursor.take(rows * 4),
    records: cursor.take(rows * RECORD_WORDS * 4),
    expires: cursor.take(rows * 2),
  };
}

class Cursor {
  at: number;

  constructor(at: number) {
    this.at = at;
  }

  take(bytes: number): number {
    const start = this.at;
    this.at = Math.ceil((start + bytes) / 4) * 4;
    return start;
  }
}
