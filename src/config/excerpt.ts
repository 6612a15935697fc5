/**
 * The line of a configuration in which a fault is, as people are shown it, with a mark under the column:
 *
 *   isp.yaml:3:5: has no colon; write 'key: value'
 *     3 |     mode explicit
 *       |     ^
 *
 * It must not show a line that may hold a secret (redact.ts). What goes to the log and to the service manager has no excerpt.
 */
import type { ConfigDiagnostic, Position } from './diagnostic.ts';
import { goesOn, redacted } from './redact.ts';
import { mayHoldSecret } from './secret-keys.ts';

/** Characters of a line that are shown around the column. */
const MAX_WIDTH = 100;
const MAX_LINE = 8192;

/** The same faults, each with its line where that may be shown. @param unknown where the keys are that nobody knows. */
export function withSource(
  text: string,
  faults: readonly ConfigDiagnostic[],
  unknown: readonly Position[] = [],
): ConfigDiagnostic[] {
  const lines = text.split('\n');
  const ends = firstInLines(unknown);
  return faults.map((fault) => {
    const line = lines[fault.line - 1]?.replace(/\r$/, '') ?? '';
    const end = ends.get(fault.line) ?? null;
    // What stands at such a key may be a secret, whatever its name.
    if (end !== null && fault.column > end) return fault;
    const source = end === null ? line : upToValue(line, end);
    return mayBeShown(source) && !mayHoldSecret(lines, fault.line - 1) ? { ...fault, source } : fault;
  });
}

/** Columns, by line. */
function firstInLines(positions: readonly Position[]): ReadonlyMap<number, number> {
  const columns = new Map<number, number>();
  for (const { line, column } of positions) columns.set(line, Math.min(column, columns.get(line) ?? Infinity));
  return columns;
}

function upToValue(line: string, column: number): string {
  const colon = line.indexOf(':', column - 1);
  return colon === -1 || line.slice(colon + 1).trim() === '' ? line : `${line.slice(0, colon + 1)} …`;
}

/** Two lines, or none if the line is not known or not shown. */
export function excerptLines({ line, column, source }: ConfigDiagnostic): readonly string[] {
  if (source === undefined) return [];
  const from = column > MAX_WIDTH ? column - 1 - MAX_WIDTH / 2 : 0;
  const [before, after] = [from > 0 ? '…' : '', source.length > from + MAX_WIDTH ? '…' : ''];
  const number = String(line).padStart(3);
  const shown = `${before}${source.slice(from, from + MAX_WIDTH)}${after}`;
  // A tab stays a tab, so that the mark is under its column.
  const blanks = `${before}${source.slice(from, column - 1)}`.replaceAll(/[^\t]/g, ' ');
  return [`${number} | ${printable(shown)}`, `${' '.repeat(number.length)} | ${blanks}^`];
}

/** A password may go on from the line before, up to its `@`. */
function mayBeShown(line: string): boolean {
  return (
    line.length <= MAX_LINE && line.trim() !== '' && !line.includes('@') && redacted(line) === line && !goesOn(line)
  );
}

function printable(line: string): string {
  return line.replaceAll(/[^\P{C}\t]|[\u2028\u2029]/gu, '?');
}
