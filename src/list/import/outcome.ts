/**
 * What a line of another tool's list comes to. Readers give these values; the import (import-list.ts) decides what is written.
 *
 *   line ──▶ reader ──▶ blank · comment · frame · continued, or items: entry · half · exception · left behind, each with its column
 *
 * Types and small makers only. It must not know any format, nor the grammar of our own lists.
 */
import type { ByteString } from '../../url/bytes.ts';
import type { LeftReason, NoteCode } from './reasons.ts';

/** What an entry covers, in the tool's own spelling; written-entry.ts writes it in our grammar, exactly or not at all. */
export interface Draft {
  /** IPv6 in brackets. */
  readonly host: ByteString;
  /** Its subdomains too. */
  readonly below: boolean;
  /** `default`: where the tool sees a host without a port, which is 80 or 443. */
  readonly ports: 'any' | 'default';
  /** null: the whole host. `text` begins with `/`; of a directory it ends with one, of a page it has no query. */
  readonly path: { readonly kind: 'url' | 'page' | 'directory'; readonly text: ByteString } | null;
  /** The tool does not tell capitals of the path from small letters. */
  readonly ignoreCase: boolean;
}

/** What an exception may undo. */
export type Reach = { readonly host: ByteString; readonly below: boolean } | 'anywhere';

/** `at`: 0-based offset in the line. */
export type Item =
  | { readonly kind: 'entry'; readonly at: number; readonly draft: Draft; readonly note: NoteCode | null }
  /** An entry only where the file also has what `partner` covers: until then it covers less than any entry here. */
  | {
      readonly kind: 'half';
      readonly at: number;
      readonly draft: Draft;
      readonly partner: Draft;
      readonly without: LeftReason;
    }
  /** `draft`: the same for an allow list; null: none is the same. */
  | { readonly kind: 'exception'; readonly at: number; readonly draft: Draft | null; readonly reach: Reach }
  | { readonly kind: 'left'; readonly at: number; readonly reason: LeftReason };

/** `frame`: part of the format that lists nothing (a header, `server:`). `continued`: its record goes on in the next line. */
export type LineOutcome =
  | 'blank'
  | 'comment'
  | 'frame'
  | 'continued'
  | {
      /** At least one. */
      readonly items: readonly Item[];
      /** What the line says for people; empty: nothing. */
      readonly comment: ByteString;
    };

/** Of one file; it keeps what one line says about the next. Total on any bytes. */
export interface Reader {
  /** @param text a line without its end. */
  readonly read: (text: ByteString) => LineOutcome;
  /** Whether the file ends inside a record. */
  readonly isOpen?: () => boolean;
}

export function items(list: readonly Item[], comment: ByteString = ''): LineOutcome {
  return { items: list, comment };
}

export function left(at: number, reason: LeftReason): Item {
  return { kind: 'left', at, reason };
}

export function entry(at: number, draft: Draft, note: NoteCode | null = null): Item {
  return { kind: 'entry', at, draft, note };
}

export function hostDraft(host: ByteString, below: boolean, ports: Draft['ports'] = 'any'): Draft {
  return { host, below, ports, path: null, ignoreCase: false };
}
