/**
 * A list, by the stage it has come to on its way from a source into force:
 *
 *   source ─▶ read ──format──▶ judged ──gate──▶ passed ──published──▶ good
 *                     └─────────────┴─▶ refused
 *
 * It must hold no entry of a list but in the list's own bytes.
 */
import type { ListError } from './list-error.ts';
import type { Turnover } from '../match/turnover.ts';
import type { ListStats } from './stats.ts';
import type { LineDiagnostic } from './text/diagnostic.ts';
import type { MarkedAddress } from './text/test-address.ts';

/** One of the versions that a list has had; of sources that tell them apart. */
export interface ListVersion {
  /** `12`, or the first 12 hexadecimal digits of the SHA-256 of a list that has no number. */
  readonly label: string;
  /** Whether the gate asks its sanity rules; if not, why not. Faults of the format are refused whatever stands here. */
  readonly gate: VersionGate;
  /** A newer one is held, and this one may come into force in its place. If it is refused too, the newer one stays the one that an operator is shown. */
  readonly isBehindHeld?: boolean;
}

/** `accepted`: by an operator, or it has been in force before. `pinned`: an operator went back to it. */
export type VersionGate = 'ask' | 'accepted' | 'pinned';

/** What a source gave; nobody has looked into it. */
export interface ReadList {
  readonly stage: 'read';
  /** Null: its source has no versions. */
  readonly version: ListVersion | null;
  /** Bytes that are served as they are lie in memory of the lists, at this stage and at every later one. */
  readonly bytes: Uint8Array;
  /** Milliseconds since the epoch at which the source said that this is the list. */
  readonly currentAt: number;
  /** Set where the source is away and this is the last-known-good copy: used, but not well. */
  readonly sourceFault: string | null;
}

/** Where the list's entries are looked up: in a segment of its own, or in the one that such lists share. */
type ListSegment =
  | { readonly kind: 'own'; readonly bytes: Uint8Array }
  /** `kept` is null until it is compiled. */
  | { readonly kind: 'shared'; readonly kept: KeptText | null };

/** What is kept of a text once it is compiled, in place of the text. */
export interface KeptText {
  /** A segment under the key that such lists share, in memory of the lists: what another version of another list is built with. */
  readonly records: Uint8Array;
  /** As `ListNames` of form `names` has them; null: nothing asks for them. */
  readonly names: Uint8Array | null;
  readonly digest: TextDigest;
  /** As `TextContent` has it; null: there is no key for it. */
  readonly content: string | null;
}

/** By which a text that is read again is known to be the same. */
export interface TextDigest {
  readonly byteLength: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

export type SegmentKind = ListSegment['kind'];

interface Contents {
  /** Of a good list that shares a segment, its records. */
  readonly bytes: Uint8Array;
  readonly segment: ListSegment;
  readonly stats: ListStats;
  /** Names of the lines of a text that was made of another tool's list (text/grammar.ts). */
  readonly numbers?: Int32Array | undefined;
  /** Its own self-test addresses, a few of them; empty where the format has no addresses. */
  readonly tests: readonly MarkedAddress[];
}

interface JudgedBy {
  /** The grammar that its entries were held to. Of `allow` each has a reason and an expiry. */
  readonly grammar: 'block' | 'allow';
  /** Bad lines, in order, as many as were asked for; none where the format has no lines. */
  readonly badLines: readonly LineDiagnostic[];
  /** Where the first entry stands that covers a public suffix, in words; null: there is none. */
  readonly firstSuffix: string | null;
}

interface Findings extends Contents, JudgedBy {
  /** Lines whose entries cover a public suffix, as `badLines`. */
  readonly suffixLines: readonly LineDiagnostic[];
  /** Lines whose entries are on a protected host, likewise. */
  readonly protectedLines: readonly LineDiagnostic[];
}

/** What is in it and what is wrong with it; whether it is used is the gate's decision. */
export interface JudgedList extends Findings {
  readonly stage: 'judged';
}

/** The gate lets it into force. */
export interface PassedList extends Findings {
  readonly stage: 'passed';
  /** To what it takes the place of; null, or left out: that is not known. */
  readonly turnover?: Turnover | null;
}

/** `judged` is null where nobody could look into it. */
export interface RefusedList {
  readonly stage: 'refused';
  readonly error: ListError;
  readonly judged: JudgedList | null;
}

/** In force, or about to be as soon as every other list is good. */
export interface GoodList extends Contents {
  readonly stage: 'good';
  readonly version: ListVersion | null;
  /** By which a list whose text is not kept is judged again. */
  readonly judgedBy: JudgedBy;
}

export function refused(error: ListError, judged: JudgedList | null = null): RefusedList {
  return { stage: 'refused', error, judged };
}

/** What is kept of a list: its diagnostics have been logged. Of them the first stays, since none quotes a line. */
export function goodList(list: PassedList, { version }: ReadList): GoodList {
  const { bytes, segment, stats, tests, grammar, badLines, firstSuffix } = list;
  return {
    stage: 'good',
    bytes: keptOf(list)?.records ?? bytes,
    segment,
    stats,
    tests,
    version,
    judgedBy: { grammar, badLines: badLines.slice(0, 1), firstSuffix },
  };
}

/** What another judgement of it by other rules is made of. */
export function judgedAgain({ bytes, segment, stats, tests, judgedBy }: GoodList): JudgedList {
  return { stage: 'judged', bytes, segment, stats, tests, ...judgedBy, suffixLines: [], protectedLines: [] };
}

/** @returns null if it is no text that was compiled. */
export function keptOf({ segment }: PassedList | GoodList): KeptText | null {
  return segment.kind === 'shared' ? segment.kept : null;
}

/**
 * What is in a list, whether it is used or not.
 * @throws its ListError if nobody could look into it.
 */
export function contentsOf(list: JudgedList | PassedList | RefusedList): JudgedList | PassedList {
  if (list.stage !== 'refused') return list;
  if (list.judged === null) throw list.error;
  return list.judged;
}
