/**
 * Fuzz target: what a node reads of a protected list once it is decrypted: withdrawn sets, deltas, full payloads, and the image that was made of them. Inputs
 * are changes of sound ones, perhaps signed anew. What is refused is refused with a reason; what is accepted is what was there, and no look-up in it throws.
 */
import { ListError } from '../../../src/list/list-error.ts';
import { runSync } from '../../../src/lib/steps.ts';
import { combinedDelta, decodeDelta } from '../../../src/list/protected/delta.ts';
import { isAscending } from '../../../src/list/protected/ids.ts';
import { imageBytes, imageParts, imageTerms, readImage } from '../../../src/list/protected/image-layout.ts';
import { imageRecords } from '../../../src/list/protected/image-records.ts';
import { ImageRows } from '../../../src/list/protected/image-rows.ts';
import { withdrawalSteps } from '../../../src/list/protected/image-withdrawal.ts';
import { mergeRecords } from '../../../src/list/protected/merge.ts';
import { payloadBytes, readPayloadHeader } from '../../../src/list/protected/payload-header.ts';
import { encodeDelta, encodeFull, PAYLOAD_AT, PAYLOAD_HEADER_BYTES } from '../../../src/list/protected/payload.ts';
import { RECORD_BYTES, RecordMaker, recordsDigest, sortRecords } from '../../../src/list/protected/record.ts';
import { figuresOf } from '../../../src/list/protected/set-figures.ts';
import { makeVectors, OWN_FORM } from '../../../src/list/protected/vectors.ts';
import { decodeWithdrawn, encodeWithdrawn } from '../../../src/list/protected/withdrawn.ts';
import { listEntries } from '../../../src/list/text/compile.ts';
import { Matcher } from '../../../src/match/matcher.ts';
import { countsFor } from '../../../src/match/segment-layout.ts';
import { imageOf, segmentFault } from '../../../src/match/segment-records.ts';
import { openSnapshot } from '../../../src/match/snapshot.ts';

const KEYS = { fingerprint: new Uint8Array(8).fill(7), proof: new Uint8Array(32).fill(9) };
const TEXT = [
  '*.a.example',
  'b.a.example/dir/*',
  'b.a.example/page?x=1',
  'c.example',
  'c.example/page',
  'd.example:8080',
];
const RECORDS = recordsOf(TEXT);
const FEWER = recordsOf(TEXT.slice(2));
const TERMS = { ...OWN_FORM, time: 1_790_000_000, keys: KEYS, vectors: makeVectors(KEYS) };
const FULL = encodeFull({ ...TERMS, version: 1 }, RECORDS);
const REMOVED = BigUint64Array.of(1n, 2n);
const DELTA = encodeDelta(
  { ...TERMS, version: 2 },
  { previous: 1, removals: REMOVED, additions: new Uint8Array(0), result: figuresOf([FEWER]) },
);
const SET = { serial: 3, time: 1_790_000_000, ids: BigUint64Array.of(2n, 5n) };
const WITHDRAWN = encodeWithdrawn(SET);
const VECTOR_BYTES = readPayloadHeader(FULL).vectorBytes;
const IMAGE = imageFrom(FULL, RECORDS) ?? new Uint8Array(0);
const HOSTS = ['a.example', 'x.a.example', 'b.a.example', 'c.example', 'd.example'];
/** Larger images are refused by memory, and would only slow the fuzzer down. */
const MAX_ROWS = 4096;

export function fuzz(data: Buffer): void {
  const [kind = 0] = data;
  const changes = data.subarray(1);
  try {
    if (kind % 4 === 0) readSet(changed(WITHDRAWN, changes, 0));
    else if (kind % 4 === 1) readDelta(signedAnew(changed(DELTA, changes, VECTOR_BYTES), kind));
    else if (kind % 4 === 2) readFull(signedAnew(changed(FULL, changes, VECTOR_BYTES), kind));
    else readMemory(changed(IMAGE, changes, 0));
  } catch (error) {
    if (!(error instanceof ListError)) throw error;
  }
}

function readSet(bytes: Uint8Array): void {
  const set = decodeWithdrawn(bytes);
  demand(isAscending(set.ids), 'its ids ascend');
  const isExact = Math.max(set.serial, set.time) <= Number.MAX_SAFE_INTEGER;
  if (isExact) demand(Buffer.from(encodeWithdrawn(set)).equals(bytes), 'there is nothing in it but what was read');
  runSync(withdrawalSteps(IMAGE.slice(), set));
}

function readDelta(bytes: Uint8Array): void {
  const delta = decodeDelta(bytes);
  demand(
    isAscending(delta.removals) && delta.additions.length % RECORD_BYTES === 0,
    'whole records, and ids that ascend',
  );
  const combined = combinedDelta([delta], { version: delta.previous, keys: delta.keys });
  demand(combined === delta, 'one delta is itself');
  if (delta.hostRows + delta.expressionRows > MAX_ROWS) return;
  rowsOf(delta, mergeRecords(RECORDS, delta.removals, delta.additions));
}

function readFull(bytes: Uint8Array): void {
  const header = readPayloadHeader(bytes);
  const records = recordsIn(bytes);
  if (header.kind !== 'full' || header.hostRows + header.expressionRows > MAX_ROWS) return;
  if (payloadBytes(header) !== bytes.length) return;
  const image = imageFrom(bytes, records);
  if (image === null) return;
  const { digest, entries } = imageTerms(image);
  demand(recordsDigest(records).equals(digest), 'what is served has the digest that was signed');
  demand(entries === records.length / RECORD_BYTES, 'each record is an entry');
  demand(
    Buffer.concat([...imageRecords(readImage(image).parts)].map((run) => Buffer.from(run))).equals(records),
    'an image tells its records',
  );
  readMemory(image);
}

/** Nobody sends an image, but nobody knows what memory gives back either. */
function readMemory(image: Uint8Array): void {
  runSync(withdrawalSteps(image, SET));
  const { segment } = readImage(image).parts;
  if (segmentFault(segment) !== null) return;
  const matcher = new Matcher({ cacheEntries: 16 });
  matcher.use(openSnapshot([imageOf(segment, 0)]));
  for (const host of HOSTS) matcher.lookup(host);
}

/** @returns null where its rows are not as many as its header says. */
function imageFrom(bytes: Uint8Array, records: Uint8Array): Uint8Array | null {
  const header = readPayloadHeader(bytes);
  return (header.hostRows + header.expressionRows) * RECORD_BYTES === records.length ? rowsOf(header, records) : null;
}

function rowsOf(set: ConstructorParameters<typeof ImageRows>[1], records: Uint8Array): Uint8Array {
  const counts = countsFor(set);
  const image = new Uint8Array(imageBytes(counts));
  const rows = new ImageRows(imageParts(image, counts), set, null);
  rows.add(records);
  runSync(rows.finish());
  return image;
}

function recordsIn(bytes: Uint8Array): Uint8Array {
  const { vectorBytes, removals, addedHosts, addedExpressions } = readPayloadHeader(bytes);
  const from = PAYLOAD_HEADER_BYTES + vectorBytes + removals * 8;
  const rows = Math.min(addedHosts + addedExpressions, Math.floor(Math.max(0, bytes.length - from) / RECORD_BYTES));
  return bytes.subarray(from, from + rows * RECORD_BYTES);
}

/** As by whoever has the keys: the digest is that of what is there. */
function signedAnew(bytes: Uint8Array, kind: number): Uint8Array {
  if (kind < 128) return bytes;
  const added = recordsIn(bytes);
  const result = (kind & 3) === 2 ? added : mergeRecords(RECORDS, REMOVED, added);
  bytes.set(recordsDigest(result), PAYLOAD_AT.digest);
  return bytes;
}

/**
 * Three bytes a change: where, and what stands there then; 255 at a place of its own cuts off or adds. Of payloads what lies between header and records
 * is passed over: vectors take a millisecond, and have tests of their own.
 */
function changed(sound: Uint8Array, changes: Uint8Array, passedOver: number): Uint8Array {
  let bytes: Uint8Array = sound.slice();
  for (let at = 0; at + 2 < changes.length; at += 3) {
    const place = (changes[at] ?? 0) * 4 + ((changes[at + 1] ?? 0) % 4);
    const to = place < PAYLOAD_HEADER_BYTES || passedOver === 0 ? place : place + passedOver;
    if ((changes[at + 1] ?? 0) === 255) bytes = resized(bytes, (changes[at + 2] ?? 0) - 128);
    else if (to < bytes.length) bytes[to] = changes[at + 2] ?? 0;
  }
  return bytes;
}

function resized(bytes: Uint8Array, by: number): Uint8Array {
  const next = new Uint8Array(Math.max(0, bytes.length + by));
  next.set(bytes.subarray(0, next.length));
  return next;
}

function recordsOf(lines: readonly string[]): Uint8Array {
  const maker = new RecordMaker(KEYS);
  const text = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  const entries = [...listEntries(text, { list: 0, action: 'block', today: 20_000 })];
  const records = new Uint8Array(entries.length * RECORD_BYTES);
  for (const [i, entry] of entries.entries()) {
    const id = BigInt(TEXT.indexOf(lines[i] ?? '') + 1);
    maker.write({ ...entry, id }, records, i * RECORD_BYTES);
  }
  return sortRecords(records);
}

function demand(holds: boolean, promise: string): void {
  if (!holds) throw new Error(`broken: ${promise}`);
}
