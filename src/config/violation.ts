/** What a rule between keys finds. It must not quote a secret in its message (redact.ts). */
import type { KeyPath } from './diagnostic.ts';

export interface Violation {
  readonly path: KeyPath;
  /** A function where it takes time to find the words. */
  readonly message: string | (() => string);
}
