/**
 * What `list import` says: each line that is not carried over, or covers less here, as `FILE:LINE:COL: kind: message [code]`, then the counts,
 * which add up to the lines of the file. With `--json` one object, written as it comes: a million lines are no more memory than one. It must
 * not print an entry.
 */
import { once } from 'node:events';
import { toldElsewhere } from '../lib/errors.ts';
import type { CleanfeedError } from '../lib/errors.ts';
import type { ImportCounts, ImportFinding } from '../list/import/import-list.ts';
import type { LeftReason } from '../list/import/reasons.ts';
import { proposal } from '../list/lint/program-pages.ts';
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { counted, printPiece } from './terminal.ts';

export interface ReportSettings {
  readonly file: string;
  readonly json: boolean;
  /** Name every line; otherwise a reason that is frequent is cut short. */
  readonly all: boolean;
}

export interface ReportEnd {
  readonly counts: ImportCounts;
  /** Null: the list was written. */
  readonly refused: CleanfeedError | null;
  readonly output: string;
  readonly allow: string | null;
  /** What names of the format cover. */
  readonly covers: string;
}

/** The lines of one reason that a terminal shows: enough to see what it is about. */
const SHOWN_PER_CODE = 100;
/** What the gate would refuse is somebody's decision, line by line. */
const SHOWN_OF_GATE = 1000;
const ASKED_BY_GATE: ReadonlySet<string> = new Set<LeftReason>(['protected_host', 'canary', 'public_suffix']);

function shownOf(code: string): number {
  return ASKED_BY_GATE.has(code) ? SHOWN_OF_GATE : SHOWN_PER_CODE;
}

export class ImportReport {
  readonly #settings: ReportSettings;
  readonly #seen = new Map<string, number>();
  readonly #pending: string[] = [];
  #isFirst = true;

  constructor(settings: ReportSettings) {
    this.#settings = settings;
    if (settings.json) this.#pending.push('{"findings":[');
  }

  add(finding: ImportFinding): void {
    const seen = (this.#seen.get(finding.code) ?? 0) + 1;
    this.#seen.set(finding.code, seen);
    if (this.#settings.json) {
      this.#pending.push(`${this.#isFirst ? '\n' : ',\n'}${JSON.stringify(finding)}`);
      this.#isFirst = false;
    } else if (this.#settings.all || seen <= shownOf(finding.code)) {
      const { line, column, kind, message, code } = finding;
      this.#pending.push(
        `${this.#settings.file}:${line}:${column}: ${kind === 'left' ? 'not carried over' : 'note'}: ${message} [${code}]\n`,
      );
    }
  }

  /** Whoever reads it is waited for; where it cannot be written, the command says so at its end. */
  async flush(): Promise<void> {
    if (this.#pending.length === 0) return;
    const { stdout } = process;
    const text = this.#pending.splice(0).join('');
    if (!stdout.destroyed && !printPiece(text))
      await toldElsewhere(Promise.race([once(stdout, 'drain'), once(stdout, 'close')]));
  }

  /** Why the list could not be written, where that is JSON: what has been printed of the object is completed. */
  async fail(exit: ExitCode, message: string): Promise<void> {
    if (!this.#settings.json) return;
    this.#pending.push(objectEnd({ ok: false, exit, faults: [{ message }] }));
    await this.flush();
  }

  async end(end: ReportEnd): Promise<void> {
    this.#pending.push(this.#settings.json ? jsonEnd(end) : this.#textEnd(end));
    await this.flush();
  }

  #textEnd(end: ReportEnd): string {
    const hidden = [...this.#seen].filter(([code, seen]) => seen > shownOf(code) && !this.#settings.all);
    const { file } = this.#settings;
    return [
      ...hidden.map(
        ([code, seen]) => `${file}: ${counted(seen - shownOf(code), 'more line')} [${code}] (--all names each)`,
      ),
      ...(end.counts.lines.lines === 0 ? [] : [`${file}: ${lineSums(end.counts)}`]),
      ...(end.refused === null ? [written(end), ...proposed(end)] : []),
      '',
    ].join('\n');
  }
}

function jsonEnd({ counts, refused, output, allow }: ReportEnd): string {
  const isWritten = refused === null;
  return objectEnd({
    ok: isWritten,
    ...(isWritten ? {} : { exit: EXIT.badList, faults: [{ code: refused.code, message: refused.message }] }),
    refused: refused?.message ?? null,
    output: isWritten ? output : null,
    allow: isWritten && counts.allowEntries > 0 ? allow : null,
    lines: counts.lines,
    entries: isWritten ? counts.entries : 0,
    allowEntries: isWritten ? counts.allowEntries : 0,
    programPages: isWritten ? counts.programPages : 0,
    left: counts.left,
    narrower: counts.narrower,
  });
}

/** Behind the findings. */
function objectEnd(rest: object): string {
  return `\n],${JSON.stringify(rest, null, 2).slice(1)}\n`;
}

/** They add up. */
function lineSums({ lines }: ImportCounts): string {
  const parts: readonly (readonly [number, string])[] = [
    [lines.carried, 'carried over'],
    [lines.partly, 'in part'],
    [lines.left, 'not carried over'],
    [lines.continued, 'first lines of longer records'],
    [lines.frame, 'of the format alone'],
    [lines.comment, 'of comment'],
    [lines.blank, 'empty'],
  ];
  const shown = parts.filter(([count], i) => i === 0 || count > 0).map(([count, what]) => `${count} ${what}`);
  return `${counted(lines.lines, 'line')}: ${shown.join(', ')}`;
}

function written({ counts, output, allow, covers }: ReportEnd): string {
  const narrower = Object.values(counts.narrower).reduce((sum, count) => sum + count, 0);
  return [
    `${output}: ${counted(counts.entries, 'entry', 'entries')}`,
    narrower === 0 ? '' : `, ${narrower} of which cover less than there`,
    counts.allowEntries === 0 ? '' : `; ${allow}: ${counted(counts.allowEntries, 'entry', 'entries')} of an allow list`,
    ` (${covers})`,
  ].join('');
}

function proposed({ counts, output }: ReportEnd): readonly string[] {
  const { programPages } = counts;
  return programPages === 0 ? [] : [`${output}: ${proposal(counted(programPages, 'entry', 'entries'))}`];
}
