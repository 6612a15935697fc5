/**
 * Faults of a text list: where, and what would be right. A fault must not quote the line it is about: lists are not to be
 * read off logs and terminals. Whoever may read the list finds the line by its number.
 */
import type { ForeignCode } from './foreign-formats.ts';

/**
 * What kind of fault, for scripts; it stays as it is between releases. `bad_line`: an address, or the value of an attribute,
 * that is wrong; `public_suffix`, `protected_host`: an entry that covers one; `foreign_…`: a line of another tool.
 */
export type DiagnosticCode =
  | 'bad_line'
  | 'unknown_attribute'
  | 'mistyped_attribute'
  | 'public_suffix'
  | 'protected_host'
  | ForeignCode;

export interface LineDiagnostic {
  readonly code: DiagnosticCode;
  /** 1-based. */
  readonly line: number;
  /** 1-based, in characters; a tab and an emoji are one each. */
  readonly column: number;
  readonly message: string;
}

/** A fault inside a line whose number is not known yet; `at` is a 0-based offset in bytes. */
export interface ParseError {
  readonly ok: false;
  readonly code: DiagnosticCode;
  readonly at: number;
  readonly message: string;
}

export function parseError(at: number, message: string, code: DiagnosticCode = 'bad_line'): ParseError {
  return { ok: false, code, at, message };
}
