/**
 * One version of the list for one recipient: lines in, encrypted files below REPO/NAME/targets out. Nothing names them yet: only when the
 * metadata is signed (repository/) can a node find them, so a job that is interrupted leaves no more than files that nobody asks for.
 *
 *   lines ─▶ records under the recipient's keys ─▶ merged with those before ─▶ full or delta ─▶ age ─▶ SHA256.VERSION.full
 *
 * It must not draw anything at random but what age does: an auditor makes the same records from the same events and keys.
 */
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { writeFileAtomic } from '../../lib/atomic-file.ts';
import { makeDirectories } from '../../lib/make-directories.ts';
import { NAMES_FORMAT } from '../../list/names/names-payload.ts';
import { mergedPieces } from '../../list/protected/merge.ts';
import type { PayloadTerms } from '../../list/protected/payload.ts';
import { RECORD_BYTES, RecordMaker, sortRecords, viewOf } from '../../list/protected/record.ts';
import { figuresOf } from '../../list/protected/set-figures.ts';
import type { SetFigures } from '../../list/protected/set-figures.ts';
import { unicodeText } from '../../list/protected/vectors.ts';
import { targetFile } from '../../list/source/tuf/target-file.ts';
import { encryptTo } from '../age.ts';
import type { NamedTarget } from '../repository/metadata.ts';
import type { Digests } from '../state/events.ts';
import type { DigestKeys } from '../state/recipients.ts';
import { formName } from './emitter.ts';
import type { Emitter } from './emitter.ts';
import { idsOf } from './entry-ids.ts';
import type { EntryColumns, FormColumns } from './entry-columns.ts';
import { encodeNames } from './names.ts';
import { combined, RecordStore } from './record-store.ts';
import type { RecordChange } from './record-store.ts';

/** Lines as threads pass them, canonical, each with its newline, and their uids in the same order. */
export interface Lines {
  readonly text: Uint8Array;
  readonly uids: Float64Array;
}

export interface EmitJob {
  readonly recipient: string;
  readonly keys: DigestKeys;
  readonly age: readonly string[];
  readonly version: number;
  /** Seconds since the epoch. */
  readonly time: number;
  /** Its folder below KEYS/state/records. */
  readonly records: string;
  /** REPO/NAME/targets. */
  readonly targets: string;
  /** From the version before; null: it gets the whole list, as a new recipient or under new keys. */
  readonly change: { readonly added: FormColumns; readonly removed: Float64Array } | null;
  /** Who gets the payload `names`, and its lines (`namedEntries`); null: nobody. */
  readonly names: { readonly age: readonly string[]; readonly lines: Lines } | null;
  /** Everything in force; null: not at hand yet. */
  readonly whole: FormColumns | null;
  /** Digest of the version before, by form. */
  readonly before: Readonly<Record<string, string>>;
  /** Targets `match/…` that are published. */
  readonly published: readonly NamedTarget[];
}

export interface EmitResult {
  readonly recipient: string;
  /** Targets `match/…` and `names/…` of the version: those published that stay, and new ones. */
  readonly targets: readonly NamedTarget[];
  /** Digest of its records, hex, by form. */
  readonly digests: Readonly<Record<string, string>>;
}

/** Deltas are kept as long as all of them are no longer than this share of the list: more would cost a node more than the list. */
const DELTA_SHARE = 0.5;

/** @returns null if it needs `whole`, which is not there. */
export async function emit(job: EmitJob, emitters: readonly Emitter[]): Promise<EmitResult | null> {
  const targets: NamedTarget[] = [];
  const digests: Record<string, string> = {};
  for (const emitter of emitters) {
    const made = await recordsOf(job, emitter);
    if (made === null) return null;
    const name = formName(emitter);
    digests[name] = made.digest;
    targets.push(...(await payloads(job, emitter, made)));
  }
  if (job.names !== null) targets.push(await writeNames(job, job.names));
  return { recipient: job.recipient, targets, digests };
}

/** By form, then by recipient, as an event has it. */
export function digestsOf(results: readonly EmitResult[]): Digests {
  const digests: Record<string, Record<string, string>> = {};
  for (const { recipient, digests: own } of results)
    for (const [form, digest] of Object.entries(own)) (digests[form] ??= {})[recipient] = digest;
  return digests;
}

function folderOfForm(records: string, emitter: Emitter): string {
  return join(records, `${emitter.format}-${emitter.form}`);
}

async function writeNames(
  { keys, version, time, targets }: EmitJob,
  { age, lines }: NonNullable<EmitJob['names']>,
): Promise<NamedTarget> {
  const plain = encodeNames(lines, { version, time, idOf: idsOf(keys.id) });
  const path = `names/${NAMES_FORMAT}/${version}.full`;
  return {
    ...(await writeTarget(targets, path, await encryptTo(age, plain))),
    custom: { version, format: NAMES_FORMAT },
  };
}

/** The set of records of the version. */
interface Made {
  /** Sorted, in order: one, or what a change has left of the base and added to it. A set of a million is not written down for a thousand changes. */
  readonly pieces: readonly Uint8Array[];
  readonly figures: SetFigures;
  /** `figures.digest`, hex. */
  readonly digest: string;
  /** Null: the whole list is new. */
  readonly change: RecordChange | null;
}

async function recordsOf(job: EmitJob, emitter: Emitter): Promise<Made | null> {
  const store = new RecordStore(folderOfForm(job.records, emitter));
  await store.prune(job.version - 1);
  const before = job.before[formName(emitter)];
  if (job.change !== null && before !== undefined) {
    const stored = await store.load(job.version - 1, before);
    if (stored !== null) {
      const change = changeOf(job, emitter, job.change);
      return made(mergedPieces(stored.base, combined([stored.change, change])), change);
    }
  }
  if (job.whole === null) return null;
  return made([sortRecords(makeRecords(job.keys, ofForm(job.whole, emitter)))], null);
}

function made(pieces: readonly Uint8Array[], change: RecordChange | null): Made {
  const figures = figuresOf(pieces);
  return { pieces, figures, digest: Buffer.from(figures.digest).toString('hex'), change };
}

/** In one piece. */
function sortedOf({ pieces }: Made): Uint8Array {
  const [only, ...others] = pieces;
  return only !== undefined && others.length === 0 ? only : Buffer.concat(pieces);
}

function changeOf(job: EmitJob, emitter: Emitter, { added, removed }: NonNullable<EmitJob['change']>): RecordChange {
  return {
    removals: BigUint64Array.from(removed, idsOf(job.keys.id)).sort(),
    additions: sortRecords(makeRecords(job.keys, ofForm(added, emitter))),
  };
}

function ofForm(columns: FormColumns, emitter: Emitter): EntryColumns {
  const own = columns[formName(emitter)];
  if (own === undefined) throw new Error(`nothing was read in form ${formName(emitter)}`);
  return own;
}

/** In the order of the columns. */
export function makeRecords(keys: DigestKeys, columns: EntryColumns): Uint8Array {
  const { rows, text, ends, hosts, meta, expires, extents, uids } = columns;
  const maker = new RecordMaker(keys);
  const idOf = idsOf(keys.id);
  const records = new Uint8Array(rows * RECORD_BYTES);
  const view = viewOf(records);
  const bytes = Buffer.from(text.buffer, text.byteOffset, text.byteLength);
  for (let row = 0, from = 0; row < rows; row += 1) {
    const end = ends[row] ?? 0;
    const words = {
      id: idOf(uids[row] ?? 0),
      meta: meta[row] ?? 0,
      expires: expires[row] ?? 0,
      extent: extents[row] ?? 0,
      host: hosts[row] ?? 0,
    };
    maker.writeKeyed(bytes.toString('latin1', from, end), words, view, row * RECORD_BYTES);
    from = end;
  }
  return records;
}

async function payloads(job: EmitJob, emitter: Emitter, made: Made): Promise<readonly NamedTarget[]> {
  const terms: PayloadTerms = {
    format: emitter.format,
    form: emitter.form,
    unicode: emitter.unicode,
    version: job.version,
    time: job.time,
    keys: job.keys,
    vectors: emitter.vectors(job.keys),
  };
  const store = new RecordStore(folderOfForm(job.records, emitter));
  const folder = `match/${formName(emitter)}/`;
  const published = job.published.filter(({ path }) => path.startsWith(folder));
  const full = published.findLast(({ path }) => path.endsWith('.full'));
  // A delta is for whoever was given the version before.
  const isBehind = !published.some(({ custom }) => custom?.['version'] === job.version - 1);
  if (made.change === null || full === undefined || isBehind) {
    return [await writeWhole(job, emitter, terms, made)];
  }
  const plain = emitter.encodeDelta(terms, { ...made.change, previous: job.version - 1, result: made.figures });
  const deltas = published.filter(({ path }) => path.endsWith('.delta'));
  // A small list is no longer than its smallest delta.
  if (plain.length <= DELTA_SHARE * full.length)
    deltas.push(await writePayload(job, emitter, made, { kind: 'delta', plain }));
  else deltas.length = 0;
  const since = deltasSince(full, deltas);
  if (since.length > 0 && sizeOf(since) <= DELTA_SHARE * full.length) {
    await store.writeChange(job.version, made.digest, made.change);
    return [full, ...kept(deltas, full.length)];
  }
  const next = await writeWhole(job, emitter, terms, made);
  return [next, ...kept(deltas, next.length)];
}

/** As payload, and as base of what follows. */
async function writeWhole(job: EmitJob, emitter: Emitter, terms: PayloadTerms, made: Made): Promise<NamedTarget> {
  const sorted = sortedOf(made);
  await new RecordStore(folderOfForm(job.records, emitter)).writeBase(job.version, made.digest, sorted);
  const plain = emitter.encodeFull(terms, sorted, made.figures);
  return await writePayload(job, emitter, made, { kind: 'full', plain });
}

/** The newest, as long as they are worth it. */
function kept(deltas: readonly NamedTarget[], fullLength: number): readonly NamedTarget[] {
  let from = deltas.length;
  while (from > 0 && sizeOf(deltas.slice(from - 1)) <= DELTA_SHARE * fullLength) from -= 1;
  return deltas.slice(from);
}

function deltasSince(full: NamedTarget, deltas: readonly NamedTarget[]): readonly NamedTarget[] {
  return deltas.filter(({ custom }) => Number(custom?.['version']) > Number(full.custom?.['version']));
}

function sizeOf(targets: readonly NamedTarget[]): number {
  return targets.reduce((sum, { length }) => sum + length, 0);
}

interface Payload {
  readonly kind: 'full' | 'delta';
  readonly plain: Uint8Array;
}

async function writePayload(
  job: EmitJob,
  emitter: Emitter,
  { digest }: Made,
  { kind, plain }: Payload,
): Promise<NamedTarget> {
  const path = `match/${formName(emitter)}/${job.version}.${kind}`;
  const named = await writeTarget(job.targets, path, await encryptTo(job.age, plain));
  return {
    ...named,
    custom: {
      version: job.version,
      ...(kind === 'delta' ? { previous: job.version - 1 } : {}),
      format: emitter.format,
      form: emitter.form,
      unicode: unicodeText(emitter.unicode),
      digest,
    },
  };
}

/** Under the name that consistent snapshots ask for: `SHA256.NAME` in the folder of the path. */
export async function writeTarget(folder: string, path: string, bytes: Uint8Array): Promise<NamedTarget> {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const file = join(folder, targetFile({ path, sha256 }));
  await makeDirectories(dirname(file), 0o755);
  await writeFileAtomic(file, bytes, { mode: 0o644 });
  return { path, length: bytes.length, sha256 };
}
