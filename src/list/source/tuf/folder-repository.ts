/** A repository in a folder, which somebody else keeps up to date (rsync, a mounted share). It must not read more than was asked for. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, fileReason, systemErrnoOf } from '../../../lib/errors.ts';
import { STEP_BYTES } from '../../../lib/steps.ts';
import { listError } from '../../list-error.ts';
import { ABSENT, identityOf } from '../file-identity.ts';
import type { FileIdentity } from '../file-identity.ts';
import type { Ask, Pieces, Repository, RepositoryAnswer } from './repository.ts';

const TIMESTAMP = 'metadata/timestamp.json';

export class FolderRepository implements Repository {
  readonly name: string;
  /** Its timestamp as it was opened last; null: never. */
  seen: FileIdentity | null = null;

  constructor(folder: string) {
    this.name = folder;
  }

  /** What changes with each publication. */
  get timestampPath(): string {
    return join(this.name, ...TIMESTAMP.split('/'));
  }

  async open(path: string, { maxBytes, etag }: Ask): Promise<RepositoryAnswer> {
    const place = join(this.name, ...path.split('/'));
    try {
      const found = await stat(place, { bigint: true });
      if (!found.isFile()) throw listError('unreadable', `${place} is not a regular file`);
      if (found.size > maxBytes) throw listError('too_large', `${place} has more than ${maxBytes} bytes`);
      const identity = identityOf(found);
      if (path === TIMESTAMP) this.seen = identity;
      return identity === etag
        ? { kind: 'unchanged' }
        : { kind: 'file', pieces: piecesOf(place, maxBytes), etag: identity };
    } catch (error) {
      if (path === TIMESTAMP) this.seen ??= ABSENT;
      if (errnoOf(error) === 'ENOENT') return { kind: 'absent' };
      throw unreadable(place, error);
    }
  }
}

/** It may grow meanwhile. */
async function* piecesOf(place: string, maxBytes: number): Pieces {
  let taken = 0;
  try {
    for await (const piece of createReadStream(place, { highWaterMark: STEP_BYTES, end: maxBytes })) {
      taken += piece.length;
      if (taken > maxBytes) throw listError('too_large', `${place} has more than ${maxBytes} bytes`);
      yield piece;
    }
  } catch (error) {
    throw unreadable(place, error);
  }
}

function unreadable(place: string, error: unknown): unknown {
  const errno = systemErrnoOf(error);
  return errno === null ? error : listError('unreadable', `${place} cannot be read: ${fileReason(errno)}`, error);
}
