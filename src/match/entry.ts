/**
 * What a list says, typed: a host scope times a path scope, on any port or on one. Nothing may widen an entry (design D4).
 * Every field is canonical and checked by whoever makes the entry (the module `list`); nothing here validates again.
 */
import type { CanonicalHost } from '../url/host.ts';
import type { CanonicalPath } from '../url/path.ts';

export type PathScope =
  /** The whole host, CONNECT included. */
  | { readonly kind: 'host' }
  /** Everything below `path`, which ends in `/` and has at most 32 segments; `/` means all paths (as a path entry). */
  | { readonly kind: 'directory'; readonly path: CanonicalPath }
  /** This path with any query or none. */
  | { readonly kind: 'page'; readonly path: CanonicalPath }
  /** This path with exactly this query; null: with none. */
  | { readonly kind: 'url'; readonly path: CanonicalPath; readonly query: string | null };

export interface Entry {
  readonly host: CanonicalHost;
  /** The host itself and everything below it. */
  readonly subdomains: boolean;
  readonly path: PathScope;
  /** How its origin folds paths (url/fold.ts); 0: not at all. The path is folded so already. */
  readonly fold: number;
  /** 0: any port. */
  readonly port: number;
  /** Opaque 64-bit id; text lists use the line number. */
  readonly id: bigint;
  /** Index of the list, 0..31. */
  readonly list: number;
  /** Last valid UTC day, in days since 1970-01-01 (1..65535); 0: never expires. */
  readonly expires: number;
  /** Only counted, whatever the list's action. */
  readonly count: boolean;
  /** The list's own self-test address. */
  readonly test: boolean;
  /** Permissions: may be enforced by DNS, may be used to steer traffic. */
  readonly dns: boolean;
  readonly steer: boolean;
}
