/** The key by which nodes compare what is in their text lists (text/content.ts), as `admin.contentKey` names it. It must not tell anything of it. */
import type { SecretPlace } from '../config/list-types.ts';
import { listError } from './list-error.ts';
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
