/** One error in a configuration: its place, the key, what is wrong and what would be right. It must not show a secret. */

import { shown } from './quantities.ts';

/** The way to a value: keys and list indexes. */
export type KeyPath = readonly (string | number)[];

/** 1-based. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface ConfigDiagnostic extends Position {
  /** The file as the user named it. */
  readonly file: string;
  /** The key, like `listeners[0].port`; empty if the error concerns no key (syntax, unreadable file). */
  readonly key: string;
  readonly message: string;
  /** The line of the file, where it may be shown (excerpt.ts). */
  readonly source?: string;
}

/** An error whose message is made only if it is among the first: a file may have tens of thousands. */
export interface PendingDiagnostic {
  readonly position: Position;
  readonly path: KeyPath;
  readonly message: string | (() => string);
  /** It is about a key that nobody knows. */
  readonly isUnknownKey?: true;
}

/** Errors that are reported; further ones are only counted. */
const MAX_DIAGNOSTICS = 100;

export function diagnosticAt(file: string, position: Position, path: KeyPath, message: string): ConfigDiagnostic {
  return { file, line: position.line, column: position.column, key: keyText(path), message };
}

/** `FILE:LINE:COL: key.path: message`, as compilers print it, so that editors can jump there. */
export function formatDiagnostic(fault: ConfigDiagnostic): string {
  const key = fault.key === '' ? '' : `${fault.key}: `;
  return `${fault.file}:${fault.line}:${fault.column}: ${key}${fault.message}`;
}

/** `['listeners', 0, 'port']` → `listeners[0].port`. */
export function keyText(path: KeyPath): string {
  return path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i === 0 ? '' : '.'}${shown(part)}`))
    .join('');
}

/** Sorts by position, and at the same position in the order in which they were found. */
export function inOrder<T extends Position>(faults: readonly T[]): T[] {
  return faults.toSorted((a, b) => a.line - b.line || a.column - b.column);
}

/** Returns the first errors in order, and behind them how many more there are, `omitted` included. */
export function firstInOrder(file: string, pending: readonly PendingDiagnostic[], omitted: number): ConfigDiagnostic[] {
  const sorted = inOrder(pending.map(({ position, path, message }) => ({ ...position, path, message })));
  const told = sorted.slice(0, MAX_DIAGNOSTICS);
  const faults = told.map(({ line, column, path, message }) =>
    diagnosticAt(file, { line, column }, path, typeof message === 'string' ? message : message()),
  );
  const more = sorted.length - told.length + omitted;
  const last = sorted[told.length] ?? told.at(-1);
  if (more > 0 && last !== undefined)
    faults.push(
      diagnosticAt(file, last, [], `… and ${more.toLocaleString('en')} more ${more === 1 ? 'error' : 'errors'}`),
    );
  return faults;
}
