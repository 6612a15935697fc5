/**
 * One import from file to file: read in pieces, two or three times where the format asks for it, and written in pieces, so
 * that memory does not grow with the list.
 *
 *   input ──▶ (surveys) ──▶ pieces ──▶ lines ──▶ ListImport ──▶ pieces ──▶ OUT, and the allow list; both whole, or none of them
 *                                                        └──▶ findings, as they come
 *
 * It must not print, and leaves what stands under the names of the output as it is where the import is refused.
 */
import type { FileHandle } from 'node:fs/promises';
import { CleanfeedError } from '../../lib/errors.ts';
import { writeOutput } from '../../lib/output-file.ts';
import { MAX_LIST_BYTES } from '../source/source.ts';
import { foreignFormat } from '../text/lines.ts';
import { ListImport } from './import-list.ts';
import type { ImportCounts, ImportFinding, ImportJob, RefusalWords } from './import-list.ts';
import { LineStream } from './line-stream.ts';
import type { StreamedLine } from './line-stream.ts';

export interface FileJob extends ImportJob {
  /** A regular file. */
  readonly input: FileHandle;
  readonly output: string;
  /** Of exceptions; null: none is written. */
  readonly allow: string | null;
  readonly surveys: 0 | 1 | 2;
  /** Nothing is written unless all of it is carried over. */
  readonly isStrict: boolean;
  /** First line of what is written, a comment. */
  readonly heading: string;
}

export interface ImportWatch {
  readonly finding: (finding: ImportFinding) => void;
  /** Called between pieces: whoever prints may catch up. `share`: from 0 to 1. */
  readonly piece: (share: number) => Promise<void>;
}

export interface ImportOutcome {
  readonly counts: ImportCounts;
  /** Why nothing was written; null: it was. */
  readonly refused: CleanfeedError | null;
}

const PIECE_BYTES = 256 * 1024;
/** Exceptions are few; they wait in memory until the list is complete. */
const MOST_ALLOW_BYTES = 64 * 1024 * 1024;

/** The words of the command line. */
const WORDS: RefusalWords = { ignoring: '--no-exceptions', format: '--from and --match' };

/** Why nothing is written: of the list as it is, asked for as it was. */
function refusal(message: string): CleanfeedError {
  return new CleanfeedError('list', 'import_refused', message);
}

/** Throws the system's error where a file cannot be read or written; it has the path of the one that cannot be written. */
export async function importFile(job: FileJob, watch: ImportWatch): Promise<ImportOutcome> {
  const run = new ImportRun(job, watch);
  try {
    await writeOutput(job.output, run.pieces());
    return { counts: run.counts, refused: null };
  } catch (error) {
    // What ends the pieces of a file is told of by that file.
    if (run.unwritten !== null && error instanceof Error) throw Object.assign(error, { path: run.unwritten });
    if (!(error instanceof CleanfeedError)) throw error;
    return { counts: run.counts, refused: error };
  }
}

class ImportRun {
  readonly #job: FileJob;
  readonly #watch: ImportWatch;
  readonly #import: ListImport;
  /** Lines that have not been written: one text, which is made whole once and not line by line. */
  #entries = '';
  #written = 0;
  readonly #allow: Buffer[] = [];
  #allowBytes = 0;
  /** The allow list, where it is what could not be written. */
  unwritten: string | null = null;

  constructor(job: FileJob, watch: ImportWatch) {
    this.#job = job;
    this.#watch = watch;
    this.#import = new ListImport(job, {
      entry: (line) => void (this.#entries += line),
      allow: (line) => this.#keepAllow(line),
      finding: watch.finding,
    });
  }

  get counts(): ImportCounts {
    return this.#import.counts;
  }

  /** What the output holds. The allow list is in place before its last piece. */
  async *pieces(): AsyncGenerator<Uint8Array> {
    const { surveys } = this.#job;
    const passes = surveys + 1;
    if (surveys > 0) await this.#survey(passes);
    if (surveys > 1) await this.#surveyNames(passes);
    yield this.#piece(this.#job.heading);
    for await (const { lines, share } of this.#lines()) {
      for (const line of lines) this.#import.read(line);
      if (this.#entries !== '') yield this.#piece(this.#entries);
      this.#entries = '';
      await this.#watch.piece((passes - 1 + share) / passes);
    }
    this.#import.end();
    this.#refuseWhatIsNone();
    const { allow, heading } = this.#job;
    if (allow === null || this.#allow.length === 0) return;
    this.unwritten = allow;
    await writeOutput(allow, [Buffer.from(heading, 'latin1'), ...this.#allow]);
    this.unwritten = null;
  }

  async #survey(passes: number): Promise<void> {
    for await (const { lines, share } of this.#lines()) {
      for (const line of lines) this.#import.survey(line);
      await this.#watch.piece(share / passes);
    }
    const message = this.#import.surveyRefusal(WORDS);
    if (message !== null) throw refusal(message);
  }

  async #surveyNames(passes: number): Promise<void> {
    this.#import.beginNames();
    for await (const { lines, share } of this.#lines()) {
      for (const line of lines) this.#import.surveyNames(line);
      await this.#watch.piece((1 + share) / passes);
    }
  }

  /** Piece by piece: the lines that end in it. */
  async *#lines(): AsyncGenerator<{ readonly lines: Iterable<StreamedLine>; readonly share: number }> {
    const { size } = await this.#job.input.stat();
    const stream = new LineStream();
    const buffer = Buffer.allocUnsafe(PIECE_BYTES);
    for (let at = 0; ;) {
      const { bytesRead } = await this.#job.input.read(buffer, 0, PIECE_BYTES, at);
      if (bytesRead === 0) break;
      const piece = buffer.subarray(0, bytesRead);
      const foreign = at === 0 ? foreignFormat(piece) : null;
      if (foreign !== null) throw refusal(`the file is ${foreign}`);
      at += bytesRead;
      yield { lines: stream.push(piece), share: Math.min(1, at / Math.max(1, size)) };
    }
    const last = stream.end();
    if (last !== null) yield { lines: [last], share: 1 };
  }

  #refuseWhatIsNone(): void {
    const message = this.#import.refusal(WORDS);
    if (message !== null) throw refusal(message);
    const { lines } = this.counts;
    if (this.#job.isStrict && lines.left + lines.partly > 0)
      throw refusal('not all of it can be carried over, and --strict was given');
  }

  #piece(text: string): Buffer {
    const piece = Buffer.from(text, 'latin1');
    this.#written += piece.length;
    if (this.#written > MAX_LIST_BYTES)
      throw refusal('the list would be longer than 512 MiB, and lists have at most that; split the file');
    return piece;
  }

  #keepAllow(line: string): void {
    const piece = Buffer.from(line, 'latin1');
    this.#allowBytes += piece.length;
    if (this.#allowBytes > MOST_ALLOW_BYTES) throw refusal('it has more exceptions than an allow list may take');
    this.#allow.push(piece);
  }
}
