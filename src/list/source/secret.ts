/**
 * A secret that the configuration names: a file that nobody else may read, or a credential of the service manager (LoadCredential=). It
 * must not keep it, and no error tells anything of its content.
 */
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { SecretPlace } from '../../config/list-types.ts';
import { fileReason, systemErrnoOf } from '../../lib/errors.ts';
import { type ListError, listError } from '../list-error.ts';

/** Nothing that is a key, a token or a certificate is larger. */
const MAX_BYTES = 64 * 1024;
/** Permissions of the group and of all others. */
const OTHERS = 0o077;
/**
 * The same of a credential, which may show that its group reads it: systemd gives it mode 0400 and an ACL that lets the service's user read it, and the
 * mask of an ACL stands in the group's place (0440). It belongs to root's group then: no other group is let in, whatever folder the environment names.
 */
const OTHERS_OF_CREDENTIAL = 0o037;
const ROOT = 0;

/** @throws ListError `secret`, which says what would be right. */
export async function readSecret(place: SecretPlace): Promise<string> {
  const path = pathOf(place);
  let file: FileHandle | null = null;
  try {
    file = await open(path);
    const { mode, size, gid } = await file.stat();
    if ((mode & (place.kind === 'credential' && gid === ROOT ? OTHERS_OF_CREDENTIAL : OTHERS)) !== 0)
      throw secretError(
        `${path} may be read or written by others (mode ${(mode & 0o777).toString(8)}); chmod 600 or 400 it`,
      );
    if (size > MAX_BYTES) throw secretError(`${path} has ${size} bytes; a secret has at most ${MAX_BYTES}`);
    return await file.readFile('utf8');
  } catch (error) {
    const errno = systemErrnoOf(error);
    if (errno === null) throw error;
    // Of the system's own error too, which quotes the path.
    if (place.kind === 'file' && place.mayBeSecret === true) throw secretError(hidden(fileReason(errno)));
    throw secretError(`${path} cannot be read: ${fileReason(errno)}`, error);
  } finally {
    await file?.close();
  }
}

function hidden(reason: string): string {
  return `a file with a secret cannot be read: ${reason}; its name is not shown, since it may be the secret itself: right is the path of a file that holds it, like ./NAME or /folder/NAME, or credential:NAME`;
}

function pathOf(place: SecretPlace): string {
  if (place.kind === 'file') return place.path;
  const folder = process.env['CREDENTIALS_DIRECTORY'] ?? '';
  if (folder === '')
    throw secretError(
      `the service manager has handed over no credentials, and so not '${place.name}'; with systemd: LoadCredential=${place.name}:/path; by hand, as root: CREDENTIALS_DIRECTORY=/run/credentials/UNIT of the running unit`,
    );
  return join(folder, place.name);
}

function secretError(message: string, cause?: unknown): ListError {
  return listError('secret', message, cause);
}
