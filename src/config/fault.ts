/** One fault of a configuration: where, which key, what is wrong and what would be right. */

import { redacted } from './redact.ts';

/** The way to a value: keys and list indexes. */
export type KeyPath = readonly (string | number)[];

/** 1-based. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface ConfigFault extends Position {
  /** The file as the user named it. */
  readonly file: string;
  /** `listeners[0].port`; empty where no key is at fault (syntax, unreadable file). */
  readonly key: string;
  readonly message: string;
}

/** A fault that is put into words only if it is among the first: a file may have tens of thousands. */
export interface PendingFault {
  readonly position: Position;
  readonly path: KeyPath;
  readonly message: string | (() => string);
}

/** How many faults are told: what comes behind them is counted. */
const MOST_FAULTS = 100;

export function faultAt(file: string, position: Position, path: KeyPath, message: string): ConfigFault {
  return { file, line: position.line, column: position.column, key: keyText(path), message };
}

/** `FILE:LINE:COL: key.path: message`, as compilers print it, so that editors can jump there. */
export function formatFault(fault: ConfigFault): string {
  const key = fault.key === '' ? '' : `${fault.key}: `;
  return `${fault.file}:${fault.line}:${fault.column}: ${key}${fault.message}`;
}

/** `['listeners', 0, 'port']` → `listeners[0].port`. */
export function keyText(path: KeyPath): string {
  return path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i === 0 ? '' : '.'}${redacted(part)}`))
    .join('');
}

/** By position; of the same position in the order they were found. */
export function inOrder<T extends Position>(faults: readonly T[]): T[] {
  return faults.toSorted((a, b) => a.line - b.line || a.column - b.column);
}

/** The first of the faults in order, and how many there are besides, `omitted` more among them. */
export function firstInOrder(file: string, pending: readonly PendingFault[], omitted: number): ConfigFault[] {
  const sorted = inOrder(pending.map(({ position, path, message }) => ({ ...position, path, message })));
  const told = sorted.slice(0, MOST_FAULTS);
  const faults = told.map(({ line, column, path, message }) =>
    faultAt(file, { line, column }, path, typeof message === 'string' ? message : message()),
  );
  const more = sorted.length - told.length + omitted;
  const last = sorted[told.length] ?? told.at(-1);
  if (more > 0 && last !== undefined)
    faults.push(faultAt(file, last, [], `… and ${more.toLocaleString('en')} more ${more === 1 ? 'error' : 'errors'}`));
  return faults;
}
