/**
 * The payload `names`: host names of the entries that permit `dns` or `steer`, and of no others, for a node with a resolver. It is the only
 * payload with text in it, so it has a recipient of its own.
 *
 *   cleanfeed names 2 │ version 7 │ time 1790000000 │ ID *.host.example dns expires=2027-03-31 │ … │ zeros to a multiple of 64 KiB
 *
 * One line each. A line is an entry's id, then an entry on the whole host as a list would have it; paths are not shown. It must not widen an
 * entry: who reads `dns` refuses the whole host, so that it stands only where the entry is on the whole host, on any port.
 */
import { NAMES_FORMAT } from '../../list/names/names-payload.ts';
import { PADDING_BYTES } from '../../list/protected/payload.ts';
import { entryLine, entryOfLine } from '../entry-line.ts';

const PERMITS = / (?:dns|steer)(?: |$)/;

export interface NamesTerms {
  readonly version: number;
  /** Seconds since the epoch. */
  readonly time: number;
  readonly idOf: (uid: number) => bigint;
}

/**
 * Those whose host names are in the payload, as they stand there. @param entries canonical lines. @param withdrawn uids of those that nobody is
 * told any more.
 */
export function* namedEntries(
  entries: Iterable<readonly [line: string, uid: number]>,
  withdrawn: { readonly has: (uid: number) => boolean },
): Generator<readonly [line: string, uid: number]> {
  for (const [line, uid] of entries) {
    const named = PERMITS.test(line) && !withdrawn.has(uid) ? namedLine(line) : null;
    if (named !== null) yield [named, uid];
  }
}

/** Of entries as `namedEntries` gives them: lines, and their uids in the same order. */
export function encodeNames(
  { text, uids }: { readonly text: Uint8Array; readonly uids: Float64Array },
  { version, time, idOf }: NamesTerms,
): Uint8Array {
  const lines = Buffer.from(text).toString('latin1').split('\n');
  const named = [...uids].map((uid, i) => `${idOf(uid)} ${lines[i] ?? ''}\n`);
  const bytes = Buffer.from(
    `cleanfeed names ${NAMES_FORMAT}\nversion ${version}\ntime ${time}\n${named.join('')}`,
    'latin1',
  );
  const padded = new Uint8Array(Math.ceil(bytes.length / PADDING_BYTES) * PADDING_BYTES);
  padded.set(bytes);
  return padded;
}

/** @returns null if the entry permits nothing that can be done with its host alone. */
function namedLine(line: string): string | null {
  const entry = entryOfLine(line);
  if (entry === null) throw new Error('a line of the list that holds no entry');
  const dns = entry.dns && entry.path.kind === 'host' && entry.port === 0;
  if (!dns && !entry.steer) return null;
  const named = entryLine({ ...entry, path: { kind: 'host' }, fold: 0, dns });
  if (named === null) throw new Error('a line of the list that names no host');
  return named;
}
