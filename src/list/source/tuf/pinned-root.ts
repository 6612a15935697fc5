/** The root that an operator has pinned, and what of the kept state it vouches for. It must not go to the network. */
import { readFile } from 'node:fs/promises';
import { errnoOf, fileReason, messageOf } from '../../../lib/errors.ts';
import { ListError, listError } from '../../list-error.ts';
import { NO_TIMES } from './signed-times.ts';
import type { StoredState } from './stored-state.ts';
import { rootVersion, verifyMetadata } from './trusted-metadata.ts';
import type { MetadataFiles, TrustedMetadata } from './trusted-metadata.ts';

/** @throws ListError `unreadable`; others where it is no root. */
export async function pinnedRoot(path: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw listError('unreadable', `the root ${path} cannot be read: ${fileReason(errnoOf(error))}`, error);
  }
  // Whether it is one at all.
  const fault = rootFault(text);
  if (fault !== null) throw listError(fault.code, `the root ${path}: ${fault.message}`, fault);
  return text;
}

/** Why it is no root that is signed by its own keys; null: it is one. */
function rootFault(text: string): ListError | null {
  try {
    rootVersion(text);
    return null;
  } catch (error) {
    if (error instanceof ListError) return error;
    throw error;
  }
}

/**
 * What is kept of metadata where it is not what was signed: the root that lies there, if it is one, else the one that is pinned, from which newer ones are
 * found anew. The rest stays: tuf-js takes no notice of what is not signed, and what is keeps older versions out.
 */
export function withSoundRoot(metadata: MetadataFiles, root: string): MetadataFiles {
  const isSound = metadata.root !== undefined && rootFault(metadata.root) === null;
  return isSound ? metadata : { ...metadata, root };
}

/** What is kept of a repository under the root that is pinned now. */
export function withRoot(kept: StoredState, digest: string, root: string): StoredState {
  if (kept.pinnedRoot === digest) return kept;
  // So may a publisher begin anew that has lost its log, or whose stolen keys have signed a time to come: on an operator's word.
  return {
    ...kept,
    pinnedRoot: digest,
    metadata: { ...kept.metadata, root },
    head: null,
    logged: null,
    ...NO_TIMES,
  };
}

/** @param onUntrusted told why what is there cannot be trusted under the root. @returns null if there is nothing that can; the network may have it. */
export function storedTrust({ metadata }: StoredState, onUntrusted: (reason: string) => void): TrustedMetadata | null {
  try {
    return metadata.timestamp === undefined ? null : verifyMetadata(metadata);
  } catch (error) {
    onUntrusted(messageOf(error));
    return null;
  }
}
