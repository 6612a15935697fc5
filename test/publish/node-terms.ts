/** What the configuration of a node says of a protected list that lies in folders. */
import type { ProtectedTerms } from '../../src/config/list-types.ts';
import { DAY } from './publishing.ts';

/** @param paths of the repository and its mirrors, in their order. @param root its root metadata. @param identity the node's, a file. */
export function nodeTerms(paths: readonly string[], root: string, identity: string): ProtectedTerms {
  return {
    mirrors: paths.map((path) => ({ kind: 'folder', path }) as const),
    root,
    identity: { kind: 'file', path: identity },
    namesIdentity: null,
    intervalMs: 60_000,
    delayMs: 0,
    ifPublisherGone: { afterMs: 400 * DAY, action: 'serve' },
    witnesses: [],
    http: { ca: null, proxy: null, client: null, bearer: null, basic: null },
  };
}
