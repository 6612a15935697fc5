/** Canonical path and query of a request target. */
import type { Brand } from '../lib/types.ts';
import type { ByteString } from './host.ts';

/** Starts with `/`; printable ASCII; escapes only where a byte has no literal form (upper-case hex). */
export type CanonicalPath = Brand<string, 'CanonicalPath'>;

export interface CanonicalTarget {
  readonly path: CanonicalPath;
  /** Without the `?`; null: none, or empty. */
  readonly query: string | null;
}

export declare function canonicalTarget(target: ByteString): CanonicalTarget;
/** Segments of a directory path: `/` is 0, `/a/` is 1. */
export declare function directoryDepth(path: CanonicalPath): number;
export const MAX_DIRECTORY_DEPTH = 32;
