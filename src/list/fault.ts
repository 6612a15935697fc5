/**
 * Faults of a text list: where, and what would be right. A fault never quotes the line it is about: lists are not to be
 * read off logs and terminals. Whoever may read the list finds the line by its number.
 */

export interface Fault {
  /** 1-based. */
  readonly line: number;
  /** 1-based, in characters; a tab and an emoji are one each. */
  readonly column: number;
  readonly message: string;
}

/** A fault inside a line whose number is not known yet; `at` is a 0-based offset in bytes. */
export interface Flaw {
  readonly ok: false;
  readonly at: number;
  readonly message: string;
}

export function flaw(at: number, message: string): Flaw {
  return { ok: false, at, message };
}
