/**
 * Mutations that no test can see, because the program does the same with them: each with the reason. A run counts them
 * apart. An entry names its line by its text, so that it outlives a change elsewhere in the file.
 */
import type { Mutation } from './mutations.ts';

interface Equivalent {
  readonly file: string;
  readonly text: string;
  readonly was: string;
  readonly now: string;
  readonly why: string;
}

const EQUIVALENT: readonly Equivalent[] = [];

/** @returns why a mutation changes nothing, or null if nobody has shown that. */
export function whyEquivalent(file: string, mutation: Mutation): string | null {
  const found = EQUIVALENT.find(
    ({ text, was, now, ...its }) =>
      its.file === file && text === mutation.text && was === mutation.was && now === mutation.now,
  );
  return found?.why ?? null;
}
