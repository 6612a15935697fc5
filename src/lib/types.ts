/** Types that belong to no single module. It must not hold any logic. */

/** A nominal type over `T`: made only by the parser that proves it. */
export type Brand<T, Name extends string> = T & { readonly __brand: Name };

/** Outcome of a total parser of untrusted text. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };

/** What a list does with a request that matches: refuse it, only count it (canary), or let it pass whatever other lists say. */
export type ListAction = 'block' | 'count' | 'allow';

/** What becomes of a list with entries that cover a public suffix: not used, or used with a warning. */
export type SuffixPolicy = 'refuse' | 'warn';

/** What becomes of a text list with entries on protected hosts: not used, or used without these entries. */
export type ProtectedPolicy = 'refuse' | 'leaveOut';

/** An address prefix; `bits` counts from the left of `address` (4 or 16 bytes long, host bits zero). */
export interface Prefix {
  readonly address: Uint8Array;
  readonly bits: number;
}
