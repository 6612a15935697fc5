/** What became of a candidate, text or compiled. Holds no entry but in the list's own bytes. */
import type { ListConfig } from '../config/types.ts';
import { ListError } from '../lib/errors.ts';
import type { Rest } from '../lib/steps.ts';
import type { CompiledList } from './text/compile.ts';
import type { GoodList } from './list-slot.ts';
import type { ListKind } from './segment-capacity.ts';
import {
  looksCompiled,
  openSnapshotFile,
  snapshotFileStats,
  suffixRefusal,
  suffixText,
  unfitFor,
} from './format/compiled-file.ts';
import { sourceError } from './source/source.ts';

export interface RunInput {
  readonly config: ListConfig;
  /** What is to be judged; null: nothing new. */
  readonly candidate: Uint8Array | null;
  readonly good: GoodList | null;
}

export type Judged =
  | { readonly good: GoodList; readonly fault: null; readonly text: CompiledList | null }
  /** `text`: of a text list its bad lines and figures; null: a compiled list, or nobody looked into it. */
  | { readonly good: null; readonly fault: ListError; readonly text: CompiledList | null };

export function refused(fault: ListError, text: CompiledList | null = null): Judged {
  return { good: null, fault, text };
}

export function kindOf(good: GoodList | null): ListKind | null {
  if (good === null) return null;
  return good.segment === null ? 'text' : 'compiled';
}

/** Null: there is no candidate, or it is text. @param today UTC days since 1970-01-01. */
export async function judgedFile({ config, candidate }: RunInput, today: number, rest: Rest): Promise<Judged | null> {
  if (candidate === null || !looksCompiled(candidate)) return null;
  try {
    const file = await openSnapshotFile(candidate, rest);
    const unfit = unfitFor(config.action, file);
    if (unfit !== null) return refused(unfit);
    const suffixes = suffixRefusal(config.suffixes, file);
    if (suffixes !== null) return refused(suffixes);
    return {
      good: { bytes: candidate, stats: await snapshotFileStats(file, today, rest), segment: file.segment },
      fault: null,
      text: null,
    };
  } catch (error) {
    if (error instanceof ListError) return refused(error);
    throw error;
  }
}

/** Null: the candidate, if there is one, was not compiled as text. */
export function judgedText({ candidate }: RunInput, compiled: CompiledList | null): Judged | null {
  if (candidate === null || compiled === null) return null;
  if (compiled.refusal !== null) return refused(sourceError(compiled.refusal, refusalText(compiled)), compiled);
  return { good: { bytes: candidate, stats: compiled.stats, segment: null }, fault: null, text: compiled };
}

function refusalText({ refusal, stats, faults, suffixes, cut }: CompiledList): string {
  if (cut !== null) return `line ${cut.line}, column ${cut.column}: ${cut.message}`;
  const first = refusal === 'bad_lines' ? faults[0] : suffixes[0];
  const where =
    first === undefined ? '' : `; the first is line ${first.line}, column ${first.column}: ${first.message}`;
  if (refusal === 'public_suffix') return `${suffixText(stats.publicSuffixes)}${where}`;
  return `${stats.badLines} bad ${stats.badLines === 1 ? 'line' : 'lines'} of ${stats.lines}${where}`;
}
