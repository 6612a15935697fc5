/** The arguments behind a ring: those that the runner takes, and the rest, which jest gets as it came. Pure. */

export interface RunArguments {
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
  readonly rest: readonly string[];
}

/** Names as they are written, with their dashes. */
export interface Known {
  readonly flags: readonly string[];
  readonly values: readonly string[];
}

/** @returns null where a value is missing */
export function readRunArguments(given: readonly string[], known: Known): RunArguments | null {
  const flags = new Set<string>();
  const values = new Map<string, string>();
  const rest: string[] = [];
  for (let i = 0; i < given.length; i++) {
    const word = given[i] ?? '';
    if (known.flags.includes(word)) flags.add(word);
    else if (!known.values.includes(word)) rest.push(word);
    else {
      const value = given[++i];
      if (value === undefined) return null;
      values.set(word, value);
    }
  }
  return { flags, values, rest };
}
