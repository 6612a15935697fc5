/**
 * One compile run: judge the candidates, digest those that are accepted, and build one segment of all text lists together.
 *
 *   control thread ──CompileJob──▶ compile-thread.ts ──how many bytes──▶ control thread
 *                                         │ builds in ◀──memory of the lists──┘
 *                                         └──what came of it──▶ control thread
 *
 *   text ─▶ records ─┐
 *   records as kept ─┴▶ the segment of all of them; of one list its records are the segment
 *
 * Of a list that has not changed only its records are needed: its text is gone. Each run has a thread of its own that ends with it: a list of a
 * million lines neither delays `/readyz` nor leaves its heap behind, and a run that exhausts memory ends its thread, not the process.
 * It must not block the control thread.
 */
import { createHash } from 'node:crypto';
import { runSync } from '../../lib/steps.ts';
import { SegmentBuilder, SegmentMerge } from '../../match/snapshot.ts';
import type { SegmentPart } from '../../match/snapshot.ts';
import { turnoverSteps } from '../../match/turnover.ts';
import type { Turnover } from '../../match/turnover.ts';
import type { SegmentKeys } from '../../match/keys.ts';
import { judgedText } from '../format/text.ts';
import { verdictOf } from '../gate.ts';
import type { Candidate, GateRules } from '../gate.ts';
import { TextNames } from '../names/text-names.ts';
import type { KeptText } from '../staged-list.ts';
import type { Conversion } from '../../config/list-types.ts';
import { compileSource } from './compile-source.ts';
import type { CompiledText } from './compile.ts';
import { TextContent } from './content.ts';
import type { Entry } from '../../match/entry.ts';
import { CoveringLines } from '../sanity/covering-lines.ts';
import { RelatedEntries } from '../sanity/findings.ts';
import type { Findings } from '../sanity/findings.ts';
import type { Guarded } from '../sanity/guarded.ts';
import { ProtectedHosts } from '../sanity/protected-hosts.ts';

export interface CompileJob {
  /** Every list of the configuration, in its order; null: not a text list, or it has nothing new and nothing good yet. */
  readonly lists: readonly (ListInput | null)[];
  /** Build from what is good even if nothing new is: a list that was text is text no more. */
  readonly mustBuild: boolean;
  readonly keys: SegmentKeys;
  /** By which nodes compare what is in a text (content.ts); null: they do not. */
  readonly contentKey: Uint8Array | null;
  /** UTC days since 1970-01-01. */
  readonly today: number;
  readonly maxDiagnostics: number;
  /** Requests are under way; false: they wait for the lists. */
  readonly givesWay: boolean;
}

export interface ListInput extends GateRules {
  /** It is the list of another tool; undefined: one of ours. */
  readonly conversion?: Conversion | undefined;
  /** Text to be judged; null: nothing new. */
  readonly candidate: Candidate | null;
  readonly guarded: Guarded;
  /** Of the text that was judged good and is in force; null: none yet. */
  readonly records: Uint8Array | null;
  /** If its candidate is refused, what stays in force is a compiled list and no text. */
  readonly isOptional: boolean;
  /** Its host names are kept. */
  readonly isNamed: boolean;
}

/** A text, and what it covers of what no list should. */
export interface FoundText extends CompiledText {
  readonly findings: Findings;
  /** Null: it is refused. */
  readonly kept: KeptText | null;
  /** To what is in force; null: it is refused, or nothing is. */
  readonly turnover: Turnover | null;
}

/** What is looked up in for all lists that share a segment. */
export type SharedSegment =
  /** The records of that list, the only one. */
  | { readonly kind: 'one'; readonly list: number; readonly records: Uint8Array }
  /** In memory of the lists, for the caller to release. */
  | { readonly kind: 'merged'; readonly bytes: Uint8Array; readonly entries: number };

export interface CompileOutcome {
  /** What became of each candidate, by list; null where there was none. Their records are for the caller to release. */
  readonly lists: readonly (FoundText | null)[];
  /** Null where there was nothing to build from, or where no candidate was accepted and `mustBuild` was not set. */
  readonly shared: SharedSegment | null;
}

/** Gives as many bytes, at the start of their buffer. */
export type LeaseBytes = (byteLength: number) => Promise<Uint8Array>;

/** The run itself. */
export async function compileJob(job: CompileJob, lease: LeaseBytes): Promise<CompileOutcome> {
  const lists: (FoundText | null)[] = [];
  // One after the other: a text that is digested takes a multiple of its length.
  for (const input of job.lists)
    lists.push(input === null || input.candidate === null ? null : await foundText(job, input, input.candidate, lease));
  const isNew = lists.some((found) => found !== null && found.kept !== null);
  if (!isNew && !job.mustBuild) return { lists, shared: null };
  const parts = partsOf(job, lists);
  return { lists, shared: parts === null ? null : await sharedSegment(parts, job.keys, lease) };
}

/** Digested while it is judged, because nearly all are good: else each would be read twice. */
async function foundText(
  { today, maxDiagnostics, keys, contentKey }: CompileJob,
  input: ListInput,
  candidate: Candidate,
  lease: LeaseBytes,
): Promise<FoundText> {
  const { action, guarded, isNamed, conversion } = input;
  const { bytes } = candidate;
  const related = new RelatedEntries(guarded);
  const builder = new SegmentBuilder(keys);
  const names = isNamed ? new TextNames(action) : null;
  const content = contentKey === null ? null : new TextContent(contentKey);
  const visit = (entry: Entry): void => {
    builder.add(entry);
    related.add(entry);
    names?.add(entry);
  };
  const stated = (entry: Entry): void => content?.add(entry);
  const covering = new CoveringLines(new ProtectedHosts(guarded.hosts), guarded, maxDiagnostics);
  const options = { list: 0, today, maxDiagnostics, visit, stated, covering };
  const { text: _text, numbers: _numbers, ...compiled } = compileSource(bytes, conversion, input, options);
  const findings = related.findings(today);
  const isAccepted =
    verdictOf(judgedText(bytes, compiled, action), input, { ...candidate, findings }).stage === 'passed';
  if (!isAccepted) return { ...compiled, findings, kept: null, turnover: null };
  const { bytes: records } = builder.build(await lease(builder.finish()));
  const digest = { byteLength: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  const kept = { records, names: names?.bytes() ?? null, digest, content: content?.digest() ?? null };
  // Both are under the keys of this process.
  const turnover = input.records === null ? null : runSync(turnoverSteps(input.records, records, today));
  return { ...compiled, findings, kept, turnover };
}

/** Of each list the new records or those that stay. @returns null if a list has neither. */
function partsOf({ lists }: CompileJob, found: readonly (FoundText | null)[]): readonly SegmentPart[] | null {
  const parts: SegmentPart[] = [];
  for (const [list, input] of lists.entries()) {
    if (input === null) continue;
    const records = found[list]?.kept?.records ?? input.records;
    if (records !== null) parts.push({ bytes: records, list });
    else if (!input.isOptional) return null;
  }
  return parts;
}

async function sharedSegment(
  parts: readonly SegmentPart[],
  keys: SegmentKeys,
  lease: LeaseBytes,
): Promise<SharedSegment | null> {
  const [first, ...others] = parts;
  if (first === undefined) return null;
  if (others.length === 0) return { kind: 'one', list: first.list, records: first.bytes };
  const merge = new SegmentMerge(parts, keys);
  return { kind: 'merged', ...merge.build(await lease(merge.finish())) };
}
