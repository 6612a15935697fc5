/**
 * Which entries an address that is to be withdrawn names: those with exactly that address, whatever their attributes. It must not guess: what
 * only covers the address is named in the error, since taking that away takes more away than was asked for.
 */
import { CleanfeedError } from '../lib/errors.ts';
import { EntryIndex } from '../list/lint/entry-index.ts';
import { addressText, entryOfLine } from './entry-line.ts';
import type { ListState } from './state/list-state.ts';

export interface Withdrawal {
  readonly uid: number;
  readonly line: string;
}

/**
 * @param address as a list line has it, `*.host.example/dir/*` for instance.
 * @returns empty if all of them are withdrawn already. Throws CleanfeedError `not_listed`.
 */
export function withdrawalsOf(address: string, state: ListState): readonly Withdrawal[] {
  const entry = entryOfLine(Buffer.from(address).toString('latin1'));
  if (entry === null)
    throw notListed(`${address}: not an address of a list; write it as the list does, with http:// in front of a page`);
  const wanted = addressText(entry);
  const found: Withdrawal[] = [];
  let isKnown = false;
  for (const [line, uid] of state.inForce) {
    if (!line.startsWith(wanted) || (line.length > wanted.length && line[wanted.length] !== ' ')) continue;
    isKnown = true;
    if (!state.withdrawn.has(uid)) found.push({ uid, line });
  }
  if (isKnown) return found;
  const cover = coveringLine(address, state);
  throw notListed(
    cover === null
      ? `${address}: not on the list, and nothing on the list covers it`
      : `${address}: not on the list by itself; '${cover}' covers it, which is withdrawn by naming it`,
  );
}

function coveringLine(address: string, { inForce, withdrawn }: ListState): string | null {
  const entry = entryOfLine(address);
  if (entry === null) return null;
  const index = new EntryIndex();
  const lines: string[] = [];
  for (const [line, uid] of inForce) {
    const listed = withdrawn.has(uid) ? null : entryOfLine(line, BigInt(lines.length));
    if (listed === null) continue;
    index.add(listed);
    lines.push(line);
  }
  const cover = index.coveredWhileInForceBy(entry);
  return cover === null ? null : (lines[cover.listed.line] ?? null);
}

function notListed(message: string): CleanfeedError {
  return new CleanfeedError('list', 'not_listed', message);
}
