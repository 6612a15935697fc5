/**
 * The names of a list that is in force, for what refuses or steers by host name alone (zones, routes): from a text list, or from the payload
 * `names` of a protected one.
 *
 *   text ────┐
 *   names ───┴▶ line by line ─▶ less what has expired, was withdrawn, is only counted ─▶ NamedEntry …
 *
 * Pure, and nothing is kept of a line: a million names are never held twice. It must not know zones or routes.
 */
import type { ListAction } from '../../lib/types.ts';
import type { Entry } from '../../match/entry.ts';
import { inForce } from '../text/compile.ts';
import { parseLine, parseTextList } from '../text/grammar.ts';
import { namedEntry } from './named-entry.ts';
import type { NamedEntry } from './named-entry.ts';
import { namesLines } from './names-payload.ts';

/** It can be cloned into another thread. */
export interface ListNames {
  readonly list: string;
  /** As it is enforced now. */
  readonly action: ListAction;
  readonly form: 'text' | 'names';
  /** The text, or the payload as it was decrypted. */
  readonly bytes: Uint8Array;
  /** Ids of lines that hold no more, or by which an allow list takes no host out, as the payload has them; empty for a text. */
  readonly withdrawn: readonly bigint[];
  /** Other names, other text. */
  readonly version: string;
}

/** As the publisher writes it: no zeros in front, so that an id is spelled in one way only. */
const NAMED_LINE = /^(0|[1-9]\d{0,19}) (.+)$/;
/** 64 bits. */
const LAST_ID = `${2n ** 64n - 1n}`;
const NONE_GONE: ReadonlySet<string> = new Set();

/**
 * Those that permit something. The same name may come more than once.
 * @param today UTC days since 1970-01-01.
 */
export function* namedEntriesOf(names: ListNames, today: number): Generator<NamedEntry, void> {
  if (names.form === 'names') return yield* withoutIds(namedWithIds(names, today));
  for (const entry of textEntries(names)) {
    const named = inForce(entry, today) ? namedEntry(entry, names.action) : null;
    if (named !== null) yield named;
  }
}

/** The same of a payload, with the id of each. A line that this program cannot read costs itself. */
export function* namedWithIds(
  { bytes, withdrawn, action }: ListNames,
  today: number,
): Generator<readonly [id: string, named: NamedEntry], void> {
  const gone = new Set(withdrawn.map(String));
  for (const line of namesLines(bytes)) {
    const found = entryWithId(line, gone);
    if (found === null || !inForce(found.entry, today)) continue;
    const named = namedEntry(found.entry, action);
    if (named !== null) yield [found.id, named];
  }
}

/** A line of a payload. @param gone ids that are left out. @returns null for one of these, and if this program cannot read it. */
export function entryWithId(
  line: string,
  gone: ReadonlySet<string> = NONE_GONE,
): { readonly id: string; readonly entry: Entry } | null {
  const [, id, text] = NAMED_LINE.exec(line) ?? [];
  if (id === undefined || text === undefined || gone.has(id) || isTooLarge(id)) return null;
  // What an allow list of a publisher permits has been approved there, without a reason on its lines.
  const outcome = parseLine({ number: 0, start: 0, text, error: null }, { list: 0, action: 'block' });
  return outcome.kind === 'entry' ? { id, entry: outcome.entry } : null;
}

/** No zeros stand in front, so that digits compare as numbers do. */
function isTooLarge(id: string): boolean {
  return id.length === LAST_ID.length && id > LAST_ID;
}

function* withoutIds(all: Iterable<readonly [id: string, named: NamedEntry]>): Generator<NamedEntry, void> {
  for (const [, named] of all) yield named;
}

function* textEntries({ bytes, action }: ListNames): Generator<Entry, void> {
  for (const outcome of parseTextList(bytes, { list: 0, action })) if (outcome.kind === 'entry') yield outcome.entry;
}
