/** Types that belong to no single room. */

/** A nominal type over `T`: made only by the parser that proves it. */
export type Brand<T, Name extends string> = T & { readonly __brand: Name };

/** Outcome of a total parser of untrusted text. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };
