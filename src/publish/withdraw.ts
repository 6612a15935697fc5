/**
 * Which entries the addresses that are to be withdrawn name: those with exactly that address, whatever their attributes. It must not guess: what
 * only covers the address is named in the error, since taking that away takes more away than was asked for.
 */
import { CleanfeedError } from '../lib/errors.ts';
import { EntryIndex } from '../list/lint/entry-index.ts';
import { addressOf, addressText, entryOfLine } from './entry-line.ts';
import type { ListState } from './state/list-state.ts';

export interface Withdrawal {
  readonly uid: number;
  readonly line: string;
}

/**
 * The list is gone through once for all of them: a removal must not take the longer the more go with it.
 * @param addresses as list lines have them, `*.host.example/dir/*` for instance.
 * @returns each once, in the order of the addresses; empty if all of them are withdrawn already. Throws CleanfeedError `not_listed`.
 */
export function withdrawalsOf(addresses: readonly string[], state: ListState): readonly Withdrawal[] {
  const wanted = new Map(addresses.map((address) => [canonicalText(address), address]));
  const found = new Map<string, Withdrawal[]>();
  for (const [line, uid] of state.inForce) {
    const text = addressOf(line);
    if (!wanted.has(text)) continue;
    const own = found.get(text) ?? [];
    if (!state.withdrawn.has(uid)) own.push({ uid, line });
    found.set(text, own);
  }
  return [...wanted].flatMap(([text, address]) => {
    const own = found.get(text);
    if (own === undefined) throw unknownAddress(address, state);
    return own;
  });
}

function canonicalText(address: string): string {
  const entry = entryOfLine(Buffer.from(address).toString('latin1'));
  if (entry !== null) return addressText(entry);
  throw notListed(`${address}: not an address of a list; write it as the list does, with http:// in front of a page`);
}

function unknownAddress(address: string, state: ListState): CleanfeedError {
  const cover = coveringLine(address, state);
  return notListed(
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
