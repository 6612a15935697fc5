/**
 * What a list may come as. A format knows its bytes, says what is in a list, and where its entries are looked up. It must not decide
 * whether a list is used: that is the gate's business (../gate.ts). A new format is a module beside text.ts and compiled.ts and a line in
 * formats.ts.
 */
import type { Rest } from '../../lib/steps.ts';
import type { ListAction } from '../../lib/types.ts';
import type { Entry } from '../../match/entry.ts';
import type { JudgedList, RefusedList } from '../staged-list.ts';

interface JudgeOptions {
  readonly action: ListAction;
  /** UTC days since 1970-01-01. */
  readonly today: number;
  /** How many lines of each kind are named; all are counted. Unbounded unless told. */
  readonly maxDiagnostics?: number;
}

interface EntryOptions {
  /** Index of the list in the configuration; becomes `Entry.list`. */
  readonly list: number;
  readonly action: ListAction;
  /** UTC days since 1970-01-01. */
  readonly today: number;
  /** Called now and then with the number of bytes that have been read. */
  readonly progress?: (bytes: number) => void;
  /** Names of lines (text/grammar.ts). */
  readonly numbers?: Int32Array | undefined;
}

interface Format {
  readonly name: string;
  /** Whether the bytes are a list of this format, perhaps a damaged one. It looks at the beginning only. */
  recognises(bytes: Uint8Array): boolean;
  /** Whether the bytes show by themselves that they may be the first part of a longer list; judging them shows the rest. */
  isCutOff(bytes: Uint8Array): boolean;
  /** What is in a list that was judged, as a number of 48 bits: nodes that serve the same have the same. Null: that takes more than a look. */
  contentOf(bytes: Uint8Array): number | null;
  /** Looks at one list by itself, in steps with a rest between them; total on any bytes that it recognises. */
  judge(bytes: Uint8Array, options: JudgeOptions, rest: Rest): Promise<JudgedList | RefusedList>;
}

/** Each list is a segment, and is served where its bytes lie. */
export interface OwnSegmentFormat extends Format {
  readonly segment: 'own';
  /** First bytes of every list in it. */
  readonly magic: Uint8Array;
}

/** All lists together are compiled into one segment (../text/compile-job.ts); their entries can be read. */
export interface SharedSegmentFormat extends Format {
  readonly segment: 'shared';
  /** The entries in force of a list that the gate lets pass, one by one. */
  entries(bytes: Uint8Array, options: EntryOptions): Iterable<Entry>;
}

export type ListFormat = OwnSegmentFormat | SharedSegmentFormat;
