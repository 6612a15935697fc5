/**
 * What commands print: results on standard output, everything else on standard error. Never through the log. In the journal (`ExecStartPre=`,
 * `ExecReload=`) a line has its priority, as those of the log have: whoever asks for warnings and errors sees why a start or a reload failed.
 */
import { relative } from 'node:path';
import { formatDiagnostic } from '../config/diagnostic.ts';
import type { ConfigDiagnostic } from '../config/diagnostic.ts';
import { excerptLines } from '../config/excerpt.ts';
import { isJournal } from '../lib/journal.ts';

/** What went wrong, as `--json` tells it; a place where the fault is of a file. */
type Told = { readonly message: string } & Partial<Pick<ConfigDiagnostic, 'file' | 'line' | 'column' | 'key'>>;

/** A command that goes on for days says more than anybody reads at its end. */
const MAX_TOLD = 200;
const told: Told[] = [];
let hasPrinted = false;

/** Nothing has been said yet: a command line begins. */
export function beginOutput(): void {
  told.length = 0;
  hasPrinted = false;
}

export function print(line: string): void {
  hasPrinted = true;
  process.stdout.write(`${line}\n`);
}

/** A line of a result that tells of a fault, or warns. */
export function printFinding(line: string): void {
  print(shownOn(process.stdout.fd, line));
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2));
}

/** Text of a document that is printed piece by piece. @returns whether the stream takes more at once */
export function printPiece(text: string): boolean {
  hasPrinted = true;
  return process.stdout.write(text);
}

/** One line for whoever started the command. */
export function printError(message: string): void {
  noteError(message);
  writeLines([`cleanfeed: ${message}`]);
}

/** Keeps what is said elsewhere for `printUntold`. */
export function noteError(message: string): void {
  note({ message });
}

function note(fault: Told): void {
  if (told.length < MAX_TOLD) told.push(fault);
}

/** For `--json`: what went wrong, as JSON, unless the command has printed its own. */
export function printUntold(exit: number): void {
  if (!hasPrinted) printJson({ ok: false, exit, faults: told });
}

/** A fault of a file, with its line below it where that is known. */
export function faultLines(fault: ConfigDiagnostic): readonly string[] {
  return [formatDiagnostic(fault), ...excerptLines(fault)];
}

/** Faults of a file, so that editors can jump to them, on standard error. */
export function printFaults(faults: readonly ConfigDiagnostic[]): void {
  for (const { file, line, column, key, message } of faults) note({ file, line, column, key, message });
  writeLines(faults.flatMap(faultLines));
}

/** Lines as they are. */
export function printErrors(lines: readonly string[]): void {
  for (const line of lines) noteError(line);
  writeLines(lines);
}

function writeLines(lines: readonly string[]): void {
  process.stderr.write(lines.map((line) => `${shownOn(process.stderr.fd, line)}\n`).join(''));
}

/** In the journal a warning or an error, as of syslog; each line of a text of several. */
function shownOn(descriptor: number, text: string): string {
  if (!isJournal(descriptor, process.env)) return text;
  const priority = text.includes('warning: ') ? '<4>' : '<3>';
  return text
    .split('\n')
    .map((line) => priority + line)
    .join('\n');
}

/** @returns the path relative to the working directory, unless it lies elsewhere. */
export function shownPath(path: string): string {
  const near = relative(process.cwd(), path);
  return near === '' || near.startsWith('..') ? path : near;
}

/** How whoever started this command types the next one: in a checkout there is no `cleanfeed` on the path. */
export function typedAs(): string {
  return process.env['npm_lifecycle_event'] === 'cleanfeed' ? 'npm run -s cleanfeed --' : 'cleanfeed';
}

/** `1 entry`, `2 entries`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** Columns as wide as their widest cell; the last is not padded. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
