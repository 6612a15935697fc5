/**
 * A list of another tool → lines of ours, one line at a time.
 *
 *   survey (where the format has exceptions, or entries that need one another): line ──▶ reader ──▶ what it covers and excepts
 *   survey of names (of a zone, in which a name takes itself out of wildcards above it): line ──▶ reader ──▶ names with a gap
 *   last pass:  line ──▶ reader ──▶ items ──▶ written, or left behind with a reason ──▶ text, findings, counts
 *
 * Each line is counted once, whatever it comes to. It holds no line longer than it takes to read it, knows no file, and must
 * not write what covers more than the tool refuses.
 */
import type { SuffixPolicy } from '../../lib/types.ts';
import type { ByteString } from '../../url/bytes.ts';
import { Exceptions } from './exceptions.ts';
import { inexactQuery } from '../text/exact-exception.ts';
import type { ImportGuard } from './import-guard.ts';
import { isPageOfProgram } from '../lint/program-pages.ts';
import { KeySet } from './key-set.ts';
import { LineColumns } from './line-columns.ts';
import type { StreamedLine } from './line-stream.ts';
import type { Draft, Item, LineOutcome, Reader } from './outcome.ts';
import { PassedLines } from './passed-lines.ts';
import type { LineFault } from './passed-lines.ts';
import { LEFT_REASONS, NOTES } from './reasons.ts';
import type { LeftReason, NoteCode } from './reasons.ts';
import { writtenEntry } from './written-entry.ts';
import { ZoneGaps } from './zone-gaps.ts';

export interface ImportJob {
  /** A reader at the file's beginning. */
  readonly open: () => Reader;
  readonly suffixes: SuffixPolicy;
  /** What the gate would refuse of the list is left out; of the allow list it is not asked. */
  readonly guard: ImportGuard;
  /** Last day (YYYY-MM-DD) of entries of the allow list; null: none is written. */
  readonly allowUntil: string | null;
  /** Entries that an exception of the file may undo are written all the same. */
  readonly ignoresExceptions: boolean;
  /** Entries of whole hosts may be enforced by DNS. */
  readonly permitsDns: boolean;
  /** Every entry of a host with a name says `steer`. */
  readonly steers: boolean;
  /** How comments name the file; null: none is written. */
  readonly origin: string | null;
}

export interface ImportFinding {
  readonly line: number;
  readonly column: number;
  /** `left`: it is not in the list; `narrower`: it is, and covers less than there. */
  readonly kind: 'left' | 'narrower';
  readonly code: LeftReason | NoteCode;
  readonly message: string;
}

interface LineCounts {
  lines: number;
  blank: number;
  comment: number;
  /** Part of the format, lists nothing. */
  frame: number;
  /** Their record goes on in the next line, which has its outcome. */
  continued: number;
  carried: number;
  /** Some of what they list is carried over, some is not. */
  partly: number;
  left: number;
}

export interface ImportCounts {
  readonly lines: LineCounts;
  /** Lines written. */
  entries: number;
  allowEntries: number;
  /** Of the lines written: pages of programs, which may have text behind them (`fold=info`). */
  programPages: number;
  readonly left: Partial<Record<LeftReason, number>>;
  readonly narrower: Partial<Record<NoteCode, number>>;
}

/** Remedies of whoever asked for the import, as they are written there. */
export interface RefusalWords {
  readonly ignoring: string;
  /** The options or keys that name the format. */
  readonly format: string;
}

const BELOW_ONLY =
  ': its names stand for their subdomains alone; --subdomains (key: subdomains) takes them with the names themselves, in files of names and tables';

/** Where it all goes. */
export interface ImportSink {
  /** @param from the line of the file. */
  readonly entry: (line: string, from: number) => void;
  readonly allow: (line: string) => void;
  readonly finding: (finding: ImportFinding) => void;
}

const IP_ADDRESS = /^[\d.]+$|^\[/;
/** Bytes of a comment that each entry of its line gets; a longer one goes with the first alone. */
const LONG_COMMENT = 256;

export class ListImport {
  readonly counts: ImportCounts = {
    lines: { lines: 0, blank: 0, comment: 0, frame: 0, continued: 0, carried: 0, partly: 0, left: 0 },
    entries: 0,
    allowEntries: 0,
    programPages: 0,
    left: {},
    narrower: {},
  };
  readonly #job: ImportJob;
  readonly #sink: ImportSink;
  #surveyor: PassedLines;
  readonly #lines: PassedLines;
  readonly #exceptions = new Exceptions();
  readonly #covered = new KeySet();
  readonly #gaps = new ZoneGaps();
  readonly #columns = new LineColumns();
  #surveyed = 0;
  #endlessLine: number | null = null;

  constructor(job: ImportJob, sink: ImportSink) {
    this.#job = job;
    this.#sink = sink;
    this.#surveyor = new PassedLines(job.open());
    this.#lines = new PassedLines(job.open());
  }

  /** First pass: every line of the file, in order. */
  survey(line: StreamedLine): void {
    this.#surveyed += 1;
    const { outcome, fault, isEndless, isUndecided } = this.#surveyor.read(line);
    if (isEndless) this.#endlessLine ??= this.#surveyed;
    if (isUndecided && !this.#job.ignoresExceptions) this.#exceptions.add('anywhere', this.#surveyed);
    if (typeof outcome !== 'string') for (const item of outcome.items) this.#surveyItem(item, fault);
  }

  /** After the first pass: the names of a zone are looked at from its first line on. */
  beginNames(): void {
    this.#surveyor = new PassedLines(this.#job.open());
  }

  /** Pass over the names, likewise. */
  surveyNames(line: StreamedLine): void {
    const { outcome } = this.#surveyor.read(line);
    if (typeof outcome === 'string' || outcome.owner === undefined) return;
    this.#gaps.add(outcome.owner, (name) => this.#isWholeInZone(name));
  }

  /** To be asked after the first pass. @returns why nothing can come of the file; null: nothing is known against it. */
  surveyRefusal({ ignoring }: RefusalWords): string | null {
    if (this.#exceptions.isFull)
      return `it has more exceptions than can be held against its entries; ${ignoring} ignores them`;
    if (this.#endlessLine !== null)
      return `line ${this.#endlessLine} is longer than 16,384 bytes, or ends a record of too many lines: where that record ends cannot be told, and what follows may be a part of it; mend the quote or the bracket that is open, or take the record out`;
    const { anywhereLine } = this.#exceptions;
    return anywhereLine === 0
      ? null
      : `line ${anywhereLine} is an exception that names no host, or not a whole one: it may let any address pass, and is not carried over; ${ignoring} takes a list that refuses those too (a last line without a newline at its end, and one of more than 16,384 bytes, may not be whole)`;
  }

  /** To be asked after the last line, likewise. */
  refusal({ format }: RefusalWords): string | null {
    const { lines, entries, allowEntries, left } = this.counts;
    if (lines.lines === 0) return 'it is empty (0 bytes)';
    if (left.configuration !== undefined)
      return 'it is the configuration of the tool; import the files that its domainlist and urllist lines name';
    if (entries + allowEntries > 0 || lines.left + lines.partly === 0) return null;
    const isBelow = (left.below_only ?? 0) > lines.left / 2;
    return `nothing of it can be carried over${isBelow ? BELOW_ONLY : `; is it in the format that ${format} name?`}`;
  }

  /** Second pass, likewise. */
  read(line: StreamedLine): void {
    const { lines } = this.counts;
    lines.lines += 1;
    const { outcome, fault } = this.#lines.read(line);
    if (fault !== null && (typeof outcome !== 'string' || line.fault !== null)) {
      lines.left += 1;
      this.#leave(lines.lines, line.text, { at: 0, reason: fault, message: null });
    } else if (typeof outcome === 'string') lines[outcome] += 1;
    else this.#readItems(line.text, outcome);
  }

  /** After the last line. */
  end(): void {
    if (!this.#lines.isOpen) return;
    // The lines before are counted as continued; what they would have been is not known.
    const { lines } = this.counts;
    if (lines.continued > 0) {
      lines.continued -= 1;
      lines.left += 1;
    }
    this.#leave(lines.lines, '', { at: 0, reason: 'unfinished', message: null });
  }

  #surveyItem(item: Item, fault: LineFault | null): void {
    if (item.kind === 'exception') this.#surveyException(item, fault);
    // What is not carried over is nobody's partner.
    else if (fault !== null) return;
    else if (item.kind === 'entry') for (const draft of item.drafts) this.#covered.add(keyOf(draft));
    else if (item.kind === 'half') this.#covered.add(`half ${keyOf(item.draft)}`);
  }

  /** The tool may read what is not read here. Of a line that is cut off only a part of its name may be there. */
  #surveyException({ draft, reach }: Item & { kind: 'exception' }, fault: LineFault | null): void {
    if (this.#job.ignoresExceptions || (fault === null && this.#isAllowed(draft))) return;
    this.#exceptions.add(fault === null || fault === 'not_text' ? reach : 'anywhere', this.#surveyed);
  }

  #isWholeInZone(host: string): boolean {
    return this.#covered.has(hostKey(host, false)) && this.#covered.has(`half ${hostKey(host, true)}`);
  }

  #isAllowed(draft: Draft | null): boolean {
    return draft !== null && this.#job.allowUntil !== null && allowEntry(draft, this.#job.suffixes).ok;
  }

  #readItems(text: ByteString, { items, comment }: Exclude<LineOutcome, string>): void {
    const { lines } = this.counts;
    let carried = 0;
    for (const item of items) {
      const isRepeated = carried > 0 && comment.length > LONG_COMMENT;
      if (this.#readItem(text, item, isRepeated ? '' : comment)) carried += 1;
    }
    if (carried === items.length) lines.carried += 1;
    else if (carried === 0) lines.left += 1;
    else lines.partly += 1;
  }

  /** @returns whether it is carried over. */
  #readItem(text: ByteString, item: Item, comment: ByteString): boolean {
    switch (item.kind) {
      case 'entry':
        return this.#write(text, item, item.drafts, comment);
      case 'half':
        if (item.without === 'below_only' && this.#gaps.isBelow(item.draft.host))
          return this.#leave(this.counts.lines.lines, text, { at: item.at, reason: 'longer_name', message: null });
        if (this.#isCovered(item.partner)) return this.#write(text, { at: item.at, note: null }, [item.draft], comment);
        return this.#leave(this.counts.lines.lines, text, { at: item.at, reason: item.without, message: null });
      case 'exception':
        return this.#allow(text, item, comment);
      case 'left':
        return this.#leave(this.counts.lines.lines, text, { at: item.at, reason: item.reason, message: null });
    }
  }

  #isCovered(partner: Draft): boolean {
    return this.#covered.has(keyOf(partner)) || this.#covered.has(keyOf({ ...partner, below: true }));
  }

  #write(
    text: ByteString,
    { at, note }: { readonly at: number; readonly note: NoteCode | null },
    drafts: readonly Draft[],
    comment: ByteString,
  ): boolean {
    const line = this.counts.lines.lines;
    const { origin } = this.#job;
    const tail = origin === null ? '\n' : `  # ${origin}:${line}${comment === '' ? '' : ` ${comment}`}\n`;
    const lines: string[] = [];
    let pages = 0;
    for (const draft of drafts) {
      if (this.#exceptions.touch(draft)) return this.#leave(line, text, { at, reason: 'excepted', message: null });
      const written = writtenEntry(draft, this.#job.suffixes);
      if (!written.ok) return this.#leave(line, text, { at, reason: written.reason, message: written.message });
      const refusal = this.#job.guard.refusalOf(written.covers, written.addresses);
      if (refusal !== null) return this.#leave(line, text, { at, ...refusal });
      if (isProgram(draft)) pages += written.addresses.length;
      for (const address of written.addresses) lines.push(`${address}${foldOf(draft)}${this.#marksOf(draft)}${tail}`);
    }
    for (const written of lines) this.#sink.entry(written, line);
    this.counts.entries += lines.length;
    this.counts.programPages += pages;
    if (note !== null) {
      this.counts.narrower[note] = (this.counts.narrower[note] ?? 0) + 1;
      this.#sink.finding({
        line,
        column: this.#columns.at(text, at),
        kind: 'narrower',
        code: note,
        message: NOTES[note],
      });
    }
    return true;
  }

  /** A resolver is asked for no address, and sees no path. */
  #marksOf({ path, ports, host }: Draft): string {
    if (IP_ADDRESS.test(host)) return '';
    const { permitsDns, steers } = this.#job;
    return `${permitsDns && path === null && ports === 'any' ? ' dns' : ''}${steers ? ' steer' : ''}`;
  }

  #allow(text: ByteString, { at, draft, reason: why }: Item & { kind: 'exception' }, comment: ByteString): boolean {
    const line = this.counts.lines.lines;
    const { allowUntil, suffixes, origin } = this.#job;
    if (draft === null || allowUntil === null) return this.#leave(line, text, { at, reason: why, message: null });
    const written = allowEntry(draft, suffixes);
    if (!written.ok) return this.#leave(line, text, { at, reason: written.reason, message: written.message });
    const reason = `${origin ?? 'line'}:${line} ${comment}`.trim().replaceAll('"', "'");
    for (const address of written.addresses) this.#sink.allow(`${address}  expires=${allowUntil} reason="${reason}"\n`);
    this.counts.allowEntries += written.addresses.length;
    return true;
  }

  #leave(
    line: number,
    text: ByteString,
    { at, reason, message }: { readonly at: number; readonly reason: LeftReason; readonly message: string | null },
  ): false {
    this.counts.left[reason] = (this.counts.left[reason] ?? 0) + 1;
    this.#sink.finding({
      line,
      column: this.#columns.at(text, at),
      kind: 'left',
      code: reason,
      message: message ?? LEFT_REASONS[reason],
    });
    return false;
  }
}

/** An allow list takes only what opens what is written: no fold, and a query that means one thing. */
function allowEntry(draft: Draft, suffixes: SuffixPolicy): ReturnType<typeof writtenEntry> {
  const written = writtenEntry(draft, suffixes);
  if (!written.ok || draft.path === null) return written;
  const isExact = !draft.ignoreCase && written.addresses.every((text) => inexactQuery({ text, at: 0 }) === null);
  return isExact ? written : { ok: false, reason: 'exception_inexact', message: null };
}

function foldOf({ ignoreCase, path }: Draft): string {
  return ignoreCase && path !== null ? ' fold=case' : '';
}

function isProgram({ path }: Draft): boolean {
  return path !== null && isPageOfProgram(path.kind, path.text.split('?', 1)[0] ?? '');
}

/** Of hosts alone: others are no partner of anything. */
function keyOf({ host, below, path }: Draft): string {
  return path === null ? hostKey(host, below) : `/${hostKey(host, below)}`;
}

function hostKey(host: ByteString, below: boolean): string {
  const lower = host.toLowerCase();
  const name = lower.endsWith('.') ? lower.slice(0, -1) : lower;
  return below ? `*.${name}` : name;
}
