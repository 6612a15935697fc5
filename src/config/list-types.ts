/**
 * What the configuration says of a list: where it comes from, what it must be, what follows from it. As types.ts, of which it is a part.
 * It must not hold any logic.
 */
import type { ImportFrom, ReaderOptions } from '../lib/list-formats.ts';
import type { ListAction, ProtectedPolicy, SuffixPolicy } from '../lib/types.ts';
import type { PageConfig } from './page-types.ts';

export interface ListConfig {
  readonly name: string;
  readonly source: ListSourceConfig;
  /** It is the list of another tool, and read so; undefined: one of ours. */
  readonly conversion?: Conversion | undefined;
  readonly action: ListAction;
  /** It applies only where it is named. */
  readonly optIn: boolean;
  /** Share (0..1) of bad lines that is tolerated; 0: one bad line refuses the update. */
  readonly maxBadLineRatio: number;
  /** What becomes of a list with entries that cover a public suffix or a top-level domain. */
  readonly suffixes: SuffixPolicy;
  readonly gate: GateConfig;
  /** A policy zone or the routes are made of its host names: they are kept. */
  readonly named: boolean;
  /** HTTP status of the block page: 403, or 451 where a law or court order demands the block (RFC 7725). */
  readonly status: 403 | 451;
  /** 451 only: whoever demanded the block, sent as `Link: <…>; rel="blocked-by"`; null for no Link field. */
  readonly blockedBy: string | null;
  readonly selfTest: {
    readonly intervalMs: number;
    /** http: or https: URL that the list holds for tests; null: the entries that a text list marks `test`. */
    readonly address: string | null;
  };
  /** Overrides of `page` for this list, already merged with it. */
  readonly page: PageConfig;
}

/** Sanity rules for a new version of a list; paths are absolute. */
export interface GateConfig {
  /** By how much of the list in force it may grow and shrink: 0.5 is half of it. Growth is asked of lists of 1,000 entries or more, shrinking from 20 on, and of each that gets none. */
  readonly growth: number;
  readonly shrink: number;
  /** Addresses that the list must never match; null: none. */
  readonly canaries: string | null;
  /** Hosts that it must never cover, beside those that are shipped; null: none. */
  readonly protected: string | null;
  /** What becomes of entries on such hosts; only of a text list can they be left out. */
  readonly protectedEntries: ProtectedPolicy;
}

export type ListSourceConfig =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'https'; readonly url: string; readonly intervalMs: number; readonly http: HttpTerms }
  | ({ readonly kind: 'tuf' } & ProtectedTerms);

/** The way to read the list of another tool. */
export interface Conversion {
  readonly from: ImportFrom;
  readonly reader: ReaderOptions;
  /** Entries that an exception of the file may undo are used all the same. */
  readonly ignoresExceptions: boolean;
  /** Its source tells where it ends: a last line without a newline is whole. */
  readonly isWhole: boolean;
  /** Marks that every entry gets for which they mean something. */
  readonly dns: boolean;
  readonly steer: boolean;
}

/** A protected list: a TUF repository for this recipient. */
export interface ProtectedTerms {
  /** At least one, in the order in which they are asked. */
  readonly mirrors: readonly TufMirror[];
  /** Absolute path of the pinned root. */
  readonly root: string;
  /** Of the age identity. */
  readonly identity: SecretPlace;
  /** Of the age identity for the payload of names; null: that payload is not fetched, as where nothing is made of the list's names. */
  readonly namesIdentity: SecretPlace | null;
  readonly intervalMs: number;
  /** How long a new version waits; what is withdrawn does not. */
  readonly delayMs: number;
  /** What becomes of the list when nothing was heard of its publisher for so long. */
  readonly ifPublisherGone: { readonly afterMs: number; readonly action: 'serve' | 'count' | 'drop' };
  /** Keys (`name+id+base64`): one of them must have cosigned the log that has a new version; none: nobody must. */
  readonly witnesses: readonly string[];
  readonly http: HttpTerms;
}

/** A URL ends with a slash, a folder is an absolute path. */
export type TufMirror =
  | { readonly kind: 'https'; readonly url: string }
  | { readonly kind: 'folder'; readonly path: string };

/** Where a secret lies: in a file of its own, or among the credentials of the service manager (systemd's LoadCredential=). */
export type SecretPlace =
  /** `mayBeSecret`: it was written without a folder, or looks like base64: somebody may have written the secret in place of the path. */
  | { readonly kind: 'file'; readonly path: string; readonly mayBeSecret?: true }
  | { readonly kind: 'credential'; readonly name: string };

/** How a server of lists is reached, and what it is shown. Paths are absolute; certificates are PEM. */
export interface HttpTerms {
  /** Authorities in place of those that Node trusts; null: those. */
  readonly ca: string | null;
  /** URL of a forward proxy; null: none. */
  readonly proxy: string | null;
  readonly bearer: SecretPlace | null;
  /** `user:password`. */
  readonly basic: SecretPlace | null;
  /** The client's certificate and its key, which come together. */
  readonly client: { readonly certificate: string; readonly key: SecretPlace } | null;
}
