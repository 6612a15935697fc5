/**
 * The payload `names`: host names of the entries that permit `dns` or `steer`, and of no others, for a node with a resolver. It is the only
 * payload with text in it, so it has a recipient of its own.
 *
 *   cleanfeed names 1 │ version 7 │ time 1790000000 │ ID *.host.example dns expires=2027-03-31 │ … │ zeros to a multiple of 64 KiB
 *
 * One line each. A line is an entry's id, then an entry on the whole host as a list would have it; paths are not shown.
 */
import { PADDING_BYTES } from '../../list/protected/payload.ts';
import { entryLine, entryOfLine } from '../entry-line.ts';

export const NAMES_FORMAT = 1;

const PERMITS = / (?:dns|steer)(?: |$)/;

export interface NamesTerms {
  readonly version: number;
  /** Seconds since the epoch. */
  readonly time: number;
  readonly idOf: (uid: number) => bigint;
}

/** Those whose host names are in the payload. @param withdrawn uids of those that nobody is told any more. */
export function* namedEntries(
  entries: Iterable<readonly [line: string, uid: number]>,
  withdrawn: { readonly has: (uid: number) => boolean },
): Generator<readonly [line: string, uid: number]> {
  for (const entry of entries) if (PERMITS.test(entry[0]) && !withdrawn.has(entry[1])) yield entry;
}

/** Of entries that are named: canonical lines, and their uids in the same order. */
export function encodeNames(
  { text, uids }: { readonly text: Uint8Array; readonly uids: Float64Array },
  { version, time, idOf }: NamesTerms,
): Uint8Array {
  const lines = Buffer.from(text).toString('latin1').split('\n');
  const named = [...uids].map((uid, i) => `${idOf(uid)} ${hostLine(lines[i] ?? '')}\n`);
  const bytes = Buffer.from(
    `cleanfeed names ${NAMES_FORMAT}\nversion ${version}\ntime ${time}\n${named.join('')}`,
    'latin1',
  );
  const padded = new Uint8Array(Math.ceil(bytes.length / PADDING_BYTES) * PADDING_BYTES);
  padded.set(bytes);
  return padded;
}

function hostLine(line: string): string {
  const entry = entryOfLine(line);
  const host = entry === null ? null : entryLine({ ...entry, path: { kind: 'host' }, fold: 0 });
  if (host === null) throw new Error('a line of the list that names no host');
  return host;
}
