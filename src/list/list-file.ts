/**
 * The bytes of a list, text or compiled, looked at on their own: what is in them and what is wrong with them. For commands;
 * the running instance judges many lists together (run.ts).
 */
import { shortRest } from '../lib/rest.ts';
import { segmentFigures } from '../match/segment-records.ts';
import { SegmentBuilder } from '../match/snapshot.ts';
import { randomSegmentKeys } from '../match/keys.ts';
import { compileList, listEntries } from './text/compile.ts';
import type { CompileOptions } from './text/compile.ts';
import type { LineDiagnostic } from './text/diagnostic.ts';
import type { ListKind } from './segment-capacity.ts';
import {
  looksCompiled,
  openSnapshotFile,
  snapshotFileStats,
  suffixRefusal,
  suffixText,
  unfitFor,
} from './format/compiled-file.ts';
import type { SnapshotFile } from './format/compiled-file.ts';
import type { ListStats } from './stats.ts';

export interface JudgedFile {
  readonly kind: ListKind;
  readonly bytes: Uint8Array;
  /** Of a compiled list; null: it is text. */
  readonly segment: Uint8Array | null;
  readonly accepted: boolean;
  /** Why not, in words; null: it is accepted, or bad lines say why. */
  readonly refusal: string | null;
  /** None in a compiled list. */
  readonly faults: readonly LineDiagnostic[];
  /** Lines whose entries cover a public suffix; none in a compiled list, which only counts them. */
  readonly suffixes: readonly LineDiagnostic[];
  readonly stats: ListStats;
}

export interface Measured {
  /** Distinct hosts, `*.` or not. */
  readonly hosts: number;
  /** In shared memory; two buffers take turns. */
  readonly memoryBytes: number;
}

/** @throws ListError `truncated`, `corrupt`, `unsupported`: a compiled list that cannot be used. */
export async function judgeListFile(bytes: Uint8Array, options: Omit<CompileOptions, 'visit'>): Promise<JudgedFile> {
  return looksCompiled(bytes) ? await judgeCompiled(bytes, options) : judgeText(bytes, options);
}

/** What the list costs. A text list is built for that, under a key that nobody keeps. */
export function measureListFile({ bytes, segment }: JudgedFile, today: number): Measured {
  const built = segment ?? buildText(bytes, today);
  return { hosts: segmentFigures(built, today).hosts, memoryBytes: built.length };
}

async function judgeCompiled(
  bytes: Uint8Array,
  { action, today, suffixes }: Omit<CompileOptions, 'visit'>,
): Promise<JudgedFile> {
  const file: SnapshotFile = await openSnapshotFile(bytes, shortRest);
  const unfit = unfitFor(action, file);
  if (unfit !== null) throw unfit;
  const refusal = suffixRefusal(suffixes ?? 'refuse', file)?.message ?? null;
  const stats = await snapshotFileStats(file, today, shortRest);
  return {
    kind: 'compiled',
    bytes,
    segment: file.segment,
    accepted: refusal === null,
    refusal,
    faults: [],
    suffixes: [],
    stats,
  };
}

function judgeText(bytes: Uint8Array, options: Omit<CompileOptions, 'visit'>): JudgedFile {
  const { accepted, refusal, faults, suffixes, stats } = compileList(bytes, options);
  const words = refusal === 'public_suffix' ? suffixText(stats.publicSuffixes) : null;
  return { kind: 'text', bytes, segment: null, accepted, refusal: words, faults, suffixes, stats };
}

function buildText(bytes: Uint8Array, today: number): Uint8Array {
  const builder = new SegmentBuilder(randomSegmentKeys());
  for (const entry of listEntries(bytes, { list: 0, action: 'block', today })) builder.add(entry);
  return builder.build().bytes;
}
