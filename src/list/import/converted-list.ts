/**
 * A list of another tool as its source gave it → a text of ours, in memory, with the line of the file for each line.
 *
 *   bytes ──▶ (surveys) ──▶ lines ──▶ ListImport ──▶ text, numbers of lines
 *                                          └──▶ losses, counted by reason, with the place of the first
 *
 * An entry that the gate would refuse is left out, as `list import` does. It must not open a file.
 */
import type { Conversion } from '../../config/list-types.ts';
import type { ListAction, SuffixPolicy } from '../../lib/types.ts';
import type { NotCarried } from '../../observe/control-view.ts';
import { mayRefuse } from '../sanity/protected-hosts.ts';
import type { Guarded } from '../sanity/guarded.ts';
import { foreignFormat } from '../text/lines.ts';
import { IMPORT_FORMATS } from './formats.ts';
import { ImportGuard } from './import-guard.ts';
import { ListImport } from './import-list.ts';
import type { ImportFinding, RefusalWords } from './import-list.ts';
import { LineStream } from './line-stream.ts';
import type { StreamedLine } from './line-stream.ts';

export interface ConversionRules {
  readonly action: ListAction;
  readonly suffixes: SuffixPolicy;
  readonly guarded: Guarded;
}

export interface ConvertedList {
  readonly bytes: Uint8Array;
  /** Line of the file (from 1) of each line of the text, at its number less one. */
  readonly numbers: Int32Array;
  readonly notCarried: readonly NotCarried[];
  /** The reason that nothing can come of it, in words; null: the text is the list. */
  readonly refusal: string | null;
}

const PIECE_BYTES = 256 * 1024;
/** A list without entries needs a line. */
const HEADING = '#\n';
const WORDS: RefusalWords = { ignoring: '`exceptions: ignore`', format: '`format` and `match`' };

export function convertedList(bytes: Uint8Array, conversion: Conversion, rules: ConversionRules): ConvertedList {
  const text = new TextInParts();
  const tally = new Tally();
  const { from, reader, ignoresExceptions, dns, steer } = conversion;
  const { open, surveys } = IMPORT_FORMATS[from];
  const job = {
    open: () => open(reader),
    suffixes: rules.suffixes,
    guard: guardOf(rules, steer),
    allowUntil: null,
    ignoresExceptions,
    permitsDns: dns,
    steers: steer,
    origin: null,
  };
  const run = new ListImport(job, {
    entry: (line, number) => text.add(line, number),
    allow: () => undefined,
    finding: (finding) => tally.add(finding),
  });
  const lines = (): Generator<StreamedLine> => linesOf(bytes, conversion.isWhole);
  const refusal = foreignRefusal(bytes) ?? readAll(run, lines, surveys);
  return { ...text.whole(), notCarried: tally.all(), refusal };
}

/** An entry that only counts, and leads nobody to the filter, may be on a protected host. */
function guardOf({ action, guarded }: ConversionRules, steer: boolean): ImportGuard {
  const isAsked = mayRefuse({ count: false, steer }, action);
  return new ImportGuard(isAsked ? guarded : { ...guarded, hosts: [] });
}

function foreignRefusal(bytes: Uint8Array): string | null {
  const foreign = foreignFormat(bytes);
  return foreign === null ? null : `the file is ${foreign}`;
}

/** @returns why nothing can come of it. */
function readAll(run: ListImport, lines: () => Iterable<StreamedLine>, surveys: 0 | 1 | 2): string | null {
  if (surveys > 0) for (const line of lines()) run.survey(line);
  const early = run.surveyRefusal(WORDS);
  if (early !== null) return early;
  if (surveys > 1) {
    run.beginNames();
    for (const line of lines()) run.surveyNames(line);
  }
  for (const line of lines()) run.read(line);
  run.end();
  return run.refusal(WORDS);
}

/** Piece by piece: a list is never one big string. */
function* linesOf(bytes: Uint8Array, isWhole: boolean): Generator<StreamedLine> {
  const stream = new LineStream();
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    const piece = bytes.subarray(at, at + PIECE_BYTES);
    yield* stream.push(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength));
  }
  const last = stream.end();
  if (last !== null) yield isWhole && last.fault === 'cut_off' ? { ...last, fault: null } : last;
}

/** Written line by line, made whole piece by piece. */
class TextInParts {
  readonly #pieces: Buffer[] = [];
  #piece = HEADING;
  #numbers = new Int32Array(1024);
  #lines = 1;

  add(line: string, number: number): void {
    this.#piece += line;
    if (this.#piece.length >= PIECE_BYTES) this.#flush();
    if (this.#lines === this.#numbers.length) {
      const larger = new Int32Array(this.#numbers.length * 2);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers[this.#lines] = number;
    this.#lines += 1;
  }

  whole(): { readonly bytes: Uint8Array; readonly numbers: Int32Array } {
    this.#flush();
    return { bytes: Buffer.concat(this.#pieces), numbers: this.#numbers.subarray(0, this.#lines) };
  }

  #flush(): void {
    this.#pieces.push(Buffer.from(this.#piece, 'latin1'));
    this.#piece = '';
  }
}

/** Bounded: there are as many reasons as there are. */
class Tally {
  readonly #found = new Map<string, { -readonly [K in keyof NotCarried]: NotCarried[K] }>();

  add({ kind, code: reason, line, column }: ImportFinding): void {
    const known = this.#found.get(reason);
    if (known === undefined) this.#found.set(reason, { kind, reason, count: 1, line, column });
    else known.count += 1;
  }

  /** The most frequent first. */
  all(): readonly NotCarried[] {
    return [...this.#found.values()].toSorted((a, b) => b.count - a.count);
  }
}
