/**
 * By what an entry is known in the counts of entries, over updates, reloads and restarts.
 *
 *   text list             a digest of what the entry says, under a key of this installation: lines move
 *   protected, compiled   the id that the list gives it
 *
 * It must not be reversible without the key: the list's text stays in the list.
 */
import { hash, randomBytes } from 'node:crypto';

/** What an entry of a text list says. */
export interface EntryText {
  /** Host, or host with path and query, as it is looked up. */
  readonly text: string;
  /** 0: any. */
  readonly port: number;
  readonly fold: number;
  readonly subdomains: boolean;
}

const DIGITS = 16;

export function newEntryKey(): string {
  return randomBytes(16).toString('hex');
}

/** Of a text list: one line of text for each different entry, from which `entryToken` makes its token. */
export function describedText({ text, port, fold, subdomains }: EntryText): string {
  return `=${port} ${fold} ${subdomains ? 1 : 0} ${text}`;
}

/** Of a list that gives its entries ids. */
export function describedId(id: bigint): string {
  return `#${BigInt.asUintN(64, id)}`;
}

/** @param described by one of the two above. */
export function entryToken(key: string, list: string, described: string): string {
  return described.startsWith('#') ? described : hash('sha256', `${key} ${list} ${described}`, 'hex').slice(0, DIGITS);
}
