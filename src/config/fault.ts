/** One fault of a configuration: where, which key, what is wrong and what would be right. */

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
  return path.map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i === 0 ? '' : '.'}${part}`)).join('');
}

/** By position; of the same position in the order they were found. */
export function inOrder<T extends Position>(faults: readonly T[]): T[] {
  return faults.toSorted((a, b) => a.line - b.line || a.column - b.column);
}
