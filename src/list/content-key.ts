/** The key by which nodes compare what is in their text lists (text/content.ts), as `admin.contentKey` names it. It must not tell anything of it. */
import { messageOf } from '../lib/errors.ts';
import type { SecretPlace } from '../config/list-types.ts';
import type { Log } from '../observe/log.ts';
import { listError } from './list-error.ts';
import type { ContentKey } from './run.ts';
import { readSecret } from './source/secret.ts';

/** What can be guessed is no key: whoever has it can try what is in a short list. */
const MIN_CHARACTERS = 32;

/** @throws ListError `secret`, which says what would be right. */
export async function readContentKey(place: SecretPlace): Promise<Uint8Array> {
  const key = (await readSecret(place)).trim();
  if (key.length >= MIN_CHARACTERS) return Buffer.from(key);
  const where = place.kind === 'file' ? place.path : `credential ${place.name}`;
  throw listError(
    'secret',
    `${where} has ${key.length} characters; a key for admin.contentKey has at least ${MIN_CHARACTERS}, like one of: openssl rand -hex 32`,
  );
}

/**
 * The key for every run over the lists, read when the first one needs it and kept. One that cannot be read is logged and tried again with the next run:
 * whoever mends the file needs no restart. Nothing that is filtered depends on it: without it the lists are in force all the same.
 */
export function keptContentKey(place: SecretPlace | null, log: Log): ContentKey {
  let key: Uint8Array | null = null;
  return async () => {
    if (place === null || key !== null) return key;
    try {
      key = await readContentKey(place);
    } catch (error) {
      log.event('error', 'lists.content_key_unusable', {
        reason: messageOf(error),
      });
    }
    return key;
  };
}
