/**
 * Values that a line of another tool's list comes to. Readers give them; import-list.ts decides what is written.
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
  /** `default`: where the tool sees a host without a port, which is 80 or 443; a number: that port alone. */
  readonly ports: 'any' | 'default' | number;
  /** null: the whole host. `text` begins with `/`; of a directory it ends with one, of a page it has no query. */
  readonly path: { readonly kind: 'url' | 'page' | 'directory'; readonly text: ByteString } | null;
  /** The tool does not tell capitals of the path from small letters. */
  readonly ignoreCase: boolean;
}

/** What an exception may undo. */
export type Reach = { readonly host: ByteString; readonly below: boolean } | 'anywhere';

/** `at`: 0-based offset in the line. */
export type Item =
  /** All of the drafts, or none of them. */
  | { readonly kind: 'entry'; readonly at: number; readonly drafts: readonly Draft[]; readonly note: NoteCode | null }
  /** An entry only where the file also has what `partner` covers: until then it covers less than any entry here. */
  | {
      readonly kind: 'half';
      readonly at: number;
      readonly draft: Draft;
      readonly partner: Draft;
      readonly without: LeftReason;
    }
  /** `draft`: the same for an allow list; null: none is the same, and `reason` says what it is instead. */
  | {
      readonly kind: 'exception';
      readonly at: number;
      readonly draft: Draft | null;
      readonly reach: Reach;
      readonly reason: LeftReason;
    }
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
      /** Of a zone: the name that has a record. Wildcards above it do not cover it, nor what is below it (RFC 4592 §2.2). */
      readonly owner?: ByteString;
    };

/** Of one file; it keeps what one line says about the next. Total on any bytes. */
export interface Reader {
  /** @param text a line without its end. */
  readonly read: (text: ByteString) => LineOutcome;
  /** Whether the file ends inside a record. */
  readonly isOpen?: () => boolean;
  /** The end of a line says whether it is an exception: of the beginning of one nobody knows. */
  readonly isDecidedAtEnd?: true;
}

export function items(list: readonly Item[], comment: ByteString = ''): LineOutcome {
  return { items: list, comment };
}

/** A part of the line that gives no entry. @param at its column, from 0. */
export function left(at: number, reason: LeftReason): Item {
  return { kind: 'left', at, reason };
}

/** An entry that says the same as the line. @param note what a reader of the report should know of it. */
export function entry(at: number, draft: Draft, note: NoteCode | null = null): Item {
  return { kind: 'entry', at, drafts: [draft], note };
}

/** Several entries that say the same as one part of the line. */
export function entryOf(at: number, drafts: readonly Draft[], note: NoteCode | null): Item {
  return { kind: 'entry', at, drafts, note };
}

/** Exactly what an entry of an allow list covers. */
export function exception(at: number, draft: Draft): Item {
  return { kind: 'exception', at, draft, reach: draft, reason: 'exception' };
}

/** What no entry says: its reach is all that matters. */
export function inexact(at: number, reach: Reach, reason: LeftReason = 'exception_inexact'): Item {
  return { kind: 'exception', at, draft: null, reach, reason };
}

/** Subdomains without the name itself. */
export function belowOnly(at: number, host: ByteString): Item {
  return {
    kind: 'half',
    at,
    draft: hostDraft(host, true),
    partner: hostDraft(host, false),
    without: 'below_only',
  };
}

/** What takes away the IPv6 address alone. */
export function ipv6Only(at: number, draft: Draft): Item {
  return { kind: 'half', at, draft, partner: draft, without: 'ipv6_only' };
}

/** @param host as the file has it. @param below with its subdomains. */
export function hostDraft(host: ByteString, below: boolean, ports: Draft['ports'] = 'any'): Draft {
  return { host, below, ports, path: null, ignoreCase: false };
}
