/**
 * The bytes of a list, text or compiled, looked at on their own: what is in them and what is wrong with them. For commands;
 * the running instance judges many lists together (list-run.ts).
 */
import { shortRest } from '../lib/rest.ts';
import { segmentFigures } from '../match/segment-records.ts';
import { SegmentBuilder } from '../match/snapshot.ts';
import { randomSegmentKeys } from '../match/keys.ts';
import { compileList, listEntries } from './compile.ts';
import type { CompileOptions } from './compile.ts';
import type { Fault } from './fault.ts';
import { coversSuffix } from './public-suffix.ts';
import type { ListKind } from './segment-room.ts';
import { isSnapshotFile, openSnapshotFile, snapshotFileStats, unfitFor } from './snapshot-file.ts';
import type { SnapshotFile } from './snapshot-file.ts';
import type { ListStats } from './stats.ts';

export interface JudgedFile {
  readonly kind: ListKind;
  readonly bytes: Uint8Array;
  /** Of a compiled list; null: it is text. */
  readonly segment: Uint8Array | null;
  readonly accepted: boolean;
  /** None in a compiled list. */
  readonly faults: readonly Fault[];
  readonly stats: ListStats;
  /** Entries that cover a public suffix or top-level domain as a whole: a warning. */
  readonly publicSuffixes: number;
}

export interface Measured {
  /** Distinct hosts, `*.` or not. */
  readonly hosts: number;
  /** In shared memory; two buffers take turns. */
  readonly memoryBytes: number;
}

/** @throws ListError `truncated`, `damaged`, `unsupported`: a compiled list that cannot be used. */
export async function judgeListFile(bytes: Uint8Array, options: Omit<CompileOptions, 'visit'>): Promise<JudgedFile> {
  return isSnapshotFile(bytes) ? await judgeCompiled(bytes, options) : judgeText(bytes, options);
}

/** What the list costs. A text list is built for that, under a key that nobody keeps. */
export function measureListFile({ bytes, segment }: JudgedFile, today: number): Measured {
  const built = segment ?? buildText(bytes, today);
  return { hosts: segmentFigures(built, today).hosts, memoryBytes: built.length };
}

async function judgeCompiled(bytes: Uint8Array, { action, today }: Omit<CompileOptions, 'visit'>): Promise<JudgedFile> {
  const file: SnapshotFile = await openSnapshotFile(bytes, shortRest);
  const unfit = unfitFor(action, file);
  if (unfit !== null) throw unfit;
  const { segment, publicSuffixes } = file;
  return { kind: 'compiled', bytes, segment, accepted: true, faults: [], stats: await snapshotFileStats(file, today, shortRest), publicSuffixes };
}

function judgeText(bytes: Uint8Array, options: Omit<CompileOptions, 'visit'>): JudgedFile {
  let publicSuffixes = 0;
  const visit: CompileOptions['visit'] = (entry) => {
    if (coversSuffix(entry)) publicSuffixes += 1;
  };
  const { accepted, faults, stats } = compileList(bytes, { ...options, visit });
  return { kind: 'text', bytes, segment: null, accepted, faults, stats, publicSuffixes };
}

function buildText(bytes: Uint8Array, today: number): Uint8Array {
  const builder = new SegmentBuilder(randomSegmentKeys());
  for (const entry of listEntries(bytes, { list: 0, action: 'block', today })) builder.add(entry);
  return builder.build().bytes;
}
