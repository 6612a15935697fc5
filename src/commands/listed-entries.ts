/**
 * The entries of a list as it is now, each by its number and by the token under which its hits are counted (report/entry-token.ts): for
 * `report --entries`. It must not show what an entry says.
 */
import type { ListConfig } from '../config/list-types.ts';
import { yieldToEventLoop } from '../lib/pauses.ts';
import { formatOf } from '../list/format/formats.ts';
import type { PassedList } from '../list/staged-list.ts';
import { EntryKey } from '../match/entry-key.ts';
import { entryIds } from '../match/entry-ids.ts';
import { HalfSipHash } from '../match/half-sip-hash.ts';
import { describedId, describedText, entryToken } from '../report/entry-token.ts';
import { ProgressBar } from './progress-bar.ts';

export interface ListedEntry {
  /** The line of a text list, or the id that the list gives it. */
  readonly id: bigint;
  readonly token: string;
}

/** Between two looks at whatever else there is to do. */
const PART = 20_000;

/**
 * @param key of the tokens.
 * @param today UTC days since 1970-01-01.
 */
export async function listedEntries(
  { name, action }: ListConfig,
  { bytes, numbers, segment, stats }: Pick<PassedList, 'bytes' | 'numbers' | 'segment' | 'stats'>,
  key: string,
  today: number,
): Promise<readonly ListedEntry[]> {
  const entries: ListedEntry[] = [];
  if (segment.kind === 'own') {
    for (const id of entryIds(segment.bytes, today)) entries.push({ id, token: describedId(id) });
    return entries.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  }
  const format = formatOf(bytes);
  if (format.segment !== 'shared') return entries;
  const bar = new ProgressBar(`reading ${name}`, stats.entries);
  // Its fingerprints are not asked for.
  const entryKey = new EntryKey(new HalfSipHash(new Uint8Array(8)));
  for (const entry of format.entries(bytes, { list: 0, action, today, numbers })) {
    entryKey.load(entry);
    const { port, subdomains, id } = entry;
    const fold = entry.path.kind === 'host' ? 0 : entry.fold;
    entries.push({ id, token: entryToken(key, name, describedText({ text: entryKey.text, port, fold, subdomains })) });
    if (entries.length % PART !== 0) continue;
    bar.update(entries.length);
    await yieldToEventLoop();
  }
  bar.end();
  return entries;
}
