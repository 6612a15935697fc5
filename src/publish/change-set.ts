/**
 * What a new list changes: every addition and removal by name, unsigned, one a line, so that people can read it and tools compare it. Its
 * digest, of the file as it is, is what approvals sign. It must not be made from a list that the lint refuses (build.ts).
 */
import { createHash } from 'node:crypto';
import { jsonAs, TEXT } from '../lib/json-shapes.ts';
import { listOf, mapping } from '../lib/shape.ts';
import { FORMAT_ONE, integer } from './state/state-values.ts';
import { CleanfeedError } from '../lib/errors.ts';
import { TextTable } from '../list/lint/text-table.ts';
import { addressOf } from './entry-line.ts';
import type { LinesInForce } from './state/lines-in-force.ts';
import type { ListState } from './state/list-state.ts';

export interface ChangeSet {
  /** Version that it makes: it stands on the one before. */
  readonly version: number;
  /** Entries in force after it. */
  readonly entries: number;
  /** Canonical lines. */
  readonly additions: readonly string[];
  readonly removals: readonly { readonly uid: number; readonly line: string }[];
  /** On the list, and left out: their addresses were withdrawn. */
  readonly leftOut: readonly string[];
  /** Additions whose addresses were withdrawn: whoever built it said that they are listed again. */
  readonly relisted: readonly string[];
}

const schema = mapping({
  changeSet: FORMAT_ONE,
  version: integer(),
  entries: integer(),
  additions: listOf(TEXT),
  removals: listOf(mapping({ uid: integer(), line: TEXT })),
  leftOut: listOf(TEXT),
  relisted: listOf(TEXT),
});

/**
 * @param lines canonical, of the whole new list; each may stand there more than once.
 * @param isRelisted whether what was withdrawn is listed again, as a new entry.
 */
export function changeSetOf(state: ListState, lines: Iterable<string>, isRelisted: boolean): ChangeSet {
  const { inForce, withdrawn } = state;
  const barred = barredAddresses(state);
  const seen = new SeenLines(inForce);
  const additions: string[] = [];
  const leftOut: string[] = [];
  const relisted: string[] = [];
  for (const line of lines) {
    const place = seen.add(line);
    if (place === 'again') continue;
    const isBarred = barred.size > 0 && barred.has(addressOf(line));
    if (isBarred && !isRelisted) leftOut.push(line);
    else if (isBarred || place === 'new') additions.push(line);
    if (isBarred && isRelisted) relisted.push(line);
  }
  const removals: { uid: number; line: string }[] = [];
  for (const [line, uid] of inForce.entries((number) => seen.has(number) && !withdrawn.has(inForce.uidOf(number))))
    removals.push({ uid, line });
  return {
    version: state.version + 1,
    entries: state.inForce.size + additions.length - removals.length,
    additions,
    removals,
    leftOut,
    relisted,
  };
}

/** The list as it is, to be signed again. */
export function unchangedSet({ version, inForce }: ListState): ChangeSet {
  return { version: version + 1, entries: inForce.size, additions: [], removals: [], leftOut: [], relisted: [] };
}

/** Which lines a list has: of those in force by number, so that a list that has hardly changed needs no further table of it. */
class SeenLines {
  readonly #inForce: LinesInForce;
  readonly #isSeen: Uint8Array;
  readonly #others = new TextTable();

  constructor(inForce: LinesInForce) {
    this.#inForce = inForce;
    this.#isSeen = new Uint8Array(inForce.numbers);
  }

  add(line: string): 'in force' | 'new' | 'again' {
    const number = this.#inForce.numberOf(line);
    if (number === null) {
      const { size } = this.#others;
      return this.#others.add(line) === size ? 'new' : 'again';
    }
    if (this.#isSeen[number] === 1) return 'again';
    this.#isSeen[number] = 1;
    return 'in force';
  }

  /** @param number in force. */
  has(number: number): boolean {
    return this.#isSeen[number] === 1;
  }
}

/** As it is written to a file. */
export function changeSetText({ version, entries, additions, removals, leftOut, relisted }: ChangeSet): string {
  const lines = (values: readonly unknown[]): string =>
    values.length === 0 ? '[]' : `[\n${values.map((value) => JSON.stringify(value)).join(',\n')}\n]`;
  return `{"changeSet":1,"version":${version},"entries":${entries},\n"removals":${lines(removals)},\n"leftOut":${lines(leftOut)},\n"relisted":${lines(relisted)},\n"additions":${lines(additions)}}\n`;
}

export function changeSetDigest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** @param file names it in errors. Throws CleanfeedError `change_set`. */
export function parseChangeSet(text: string, file: string): ChangeSet {
  const read = jsonAs(text, schema);
  if (read.ok) return read.value;
  throw new CleanfeedError('list', 'change_set', `${file}: ${read.reason}; build it again`);
}

/**
 * Throws CleanfeedError `change_set` where the list is another than the one that it was made for, or an address that it adds was withdrawn
 * since: whoever approved it did not know that.
 */
export function checkStandsOn(changeSet: ChangeSet, state: ListState, file: string): void {
  const { version, removals, additions } = changeSet;
  const stands =
    version === state.version + 1 &&
    removals.every(({ uid, line }) => state.inForce.get(line) === uid) &&
    isNew(additions, removals, state);
  if (!stands)
    throw new CleanfeedError(
      'list',
      'change_set',
      `${file}: made for version ${version}, and the list is at version ${state.version}; build it again`,
    );
  const barred = barredAddresses(state);
  const relisted = new Set(changeSet.relisted);
  const unsaid = additions.filter((line) => barred.has(addressOf(line)) && !relisted.has(line)).length;
  if (unsaid === 0) return;
  throw new CleanfeedError(
    'list',
    'change_set',
    `${file}: ${unsaid} of its additions ${unsaid === 1 ? 'was' : 'were'} withdrawn; build it again (--relist lists them again)`,
  );
}

/** Withdrawn, whatever attributes they had, and not listed again since. */
function barredAddresses({ withdrawn, inForce }: ListState): ReadonlySet<string> {
  const barred = new Set([...withdrawn.values()].map(addressOf));
  if (barred.size === 0) return barred;
  for (const [line, uid] of inForce) if (!withdrawn.has(uid)) barred.delete(addressOf(line));
  return barred;
}

function isNew(additions: ChangeSet['additions'], removals: ChangeSet['removals'], state: ListState): boolean {
  const gone = new Set(removals.map(({ line }) => line));
  return additions.every((line) => !state.inForce.has(line) || gone.has(line));
}
