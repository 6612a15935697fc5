/**
 * One list by itself: judged, its index looked up for what it should not cover, then the gate. Of a list that shares a segment the run does
 * the same in the thread that compiles (text/compile-job.ts). It must not change what is in force.
 */
import type { ListConfig } from '../config/list-types.ts';
import { ListError, listError } from './list-error.ts';
import type { Rest } from '../lib/steps.ts';
import { imageOf } from '../match/segment-records.ts';
import type { OwnSegmentFormat } from './format/format.ts';
import { formatOf } from './format/formats.ts';
import { judgedText } from './format/text.ts';
import { candidateFor, verdictOf } from './gate.ts';
import type { Candidate, GateVerdict } from './gate.ts';
import { CoveringLines } from './sanity/covering-lines.ts';
import { findingsIn, NOTHING_FOUND, RelatedEntries } from './sanity/findings.ts';
import type { Findings } from './sanity/findings.ts';
import { readGuarded } from './sanity/read-guarded.ts';
import { UNGUARDED } from './sanity/guarded.ts';
import type { Guarded } from './sanity/guarded.ts';
import { suffixRowsIn } from './sanity/suffix-rows.ts';
import { ProtectedHosts } from './sanity/protected-hosts.ts';
import { judgedAgain, refused } from './staged-list.ts';
import type { GoodList, JudgedList } from './staged-list.ts';
import { withoutLines } from './text/lines.ts';
import { compileSource } from './text/compile-source.ts';

export interface JudgeFrame {
  /** UTC days since 1970-01-01. */
  readonly today: number;
  /** Between steps of the work. */
  readonly rest: Rest;
  /** Called now and then with the number of bytes that have been read, where they are read line by line. */
  readonly progress?: (bytes: number) => void;
}

/** What the configuration says of a list that the gate asks for. */
export type JudgedBy = Pick<ListConfig, 'action' | 'conversion' | 'maxBadLineRatio' | 'suffixes' | 'gate'>;

/** For whoever looks at one list after the other. */
export async function verdictAlone(candidate: Candidate, config: JudgedBy, frame: JudgeFrame): Promise<GateVerdict> {
  const guarded = await guardedFor(candidate, config);
  if (guarded instanceof ListError) return refused(guarded);
  const format = formatOf(candidate.bytes);
  if (format.segment === 'own') return await ownVerdict(format, candidate, { config, guarded, frame });
  const related = new RelatedEntries(guarded);
  const { text, numbers, ...compiled } = compileSource(
    candidate.bytes,
    config.conversion,
    { ...config, guarded },
    {
      list: 0,
      today: frame.today,
      progress: (bytes) => frame.progress?.(bytes),
      visit: (entry) => related.add(entry),
      covering: new CoveringLines(new ProtectedHosts(guarded.hosts), guarded),
    },
  );
  const findings = related.findings(frame.today);
  const left = guarded.leavesOut ? compiled.protectedLines.map(({ line }) => line) : [];
  const judged = judgedText(withoutLines(text, left), compiled, config.action);
  return verdictOf(judged.stage === 'judged' ? { ...judged, numbers } : judged, config, { ...candidate, findings });
}

/**
 * Of a list that is in force, and of whose text only the records are left, by other rules than before. The same of it: what was found in its
 * text, and what its records cover.
 */
export async function verdictAgain(good: GoodList, config: JudgedBy, { today }: JudgeFrame): Promise<GateVerdict> {
  const { gate, before } = candidateFor(good, null);
  const guarded = await guardedFor({ gate }, config);
  if (guarded instanceof ListError) return refused(guarded);
  const findings = gate === 'ask' ? findingsIn(imageOf(good.bytes, 0), guarded, today) : NOTHING_FOUND;
  return verdictOf(judgedAgain(good), config, { gate, before, findings });
}

/**
 * Hosts and addresses that the candidate must not cover; a ListError: nobody knows, since a file cannot be read. An entry that
 * is left out for them is left out of every version.
 */
export async function guardedFor({ gate }: Pick<Candidate, 'gate'>, config: JudgedBy): Promise<Guarded | ListError> {
  const leavesOut = config.conversion !== undefined || config.gate.protectedEntries === 'leaveOut';
  if (gate !== 'ask' && !leavesOut) return UNGUARDED;
  try {
    return await readGuarded(config.gate, config.action);
  } catch (error) {
    if (error instanceof ListError) return error;
    throw error;
  }
}

/** Of a list with a segment of its own, which is served where it lies. */
export async function ownVerdict(
  format: OwnSegmentFormat,
  candidate: Candidate,
  { config, guarded, frame }: { readonly config: JudgedBy; readonly guarded: Guarded; readonly frame: JudgeFrame },
): Promise<GateVerdict> {
  const { today, rest } = frame;
  if (config.conversion !== undefined)
    return refused(
      listError('unsupported', `it is a compiled list, and no list in the format ${config.conversion.from}`),
    );
  const judged = await format.judge(candidate.bytes, { action: config.action, today }, rest);
  if (judged.stage === 'refused') return judged;
  const looked = await withSuffixes(judged, frame);
  const findings = candidate.gate === 'ask' ? findingsOf(judged, guarded, today) : NOTHING_FOUND;
  return verdictOf(looked, config, { ...candidate, findings });
}

function findingsOf({ segment }: JudgedList, guarded: Guarded, today: number): Findings {
  return segment.kind === 'own' ? findingsIn(imageOf(segment.bytes, 0), guarded, today) : NOTHING_FOUND;
}

/** Whoever made the list may have found more in its text, or have said nothing. */
async function withSuffixes(judged: JudgedList, { today, rest }: JudgeFrame): Promise<JudgedList> {
  const { segment, stats, firstSuffix } = judged;
  if (segment.kind !== 'own') return judged;
  const { count, first } = await suffixRowsIn(imageOf(segment.bytes, 0), today, rest);
  if (count <= stats.publicSuffixes) return judged;
  const where = first === null ? null : `entry ${first}`;
  return { ...judged, stats: { ...stats, publicSuffixes: count }, firstSuffix: firstSuffix ?? where };
}
