/**
 * What was encrypted to this node with age (age-encryption.org/v1): the keys of files, and their content piece by piece. It must keep nothing of what
 * it decrypts, and what it is given has been verified: that it cannot be decrypted means that it was encrypted to somebody else.
 */
import { Decrypter, identityToRecipient } from 'age-encryption';
import { listError } from '../../list-error.ts';
import { ownerOf } from '../../protected/owner.ts';
import { openedPieces } from './age-file.ts';
import type { Pieces } from './repository.ts';

export class Identity {
  /** What it was parsed from: tells it from another one. */
  readonly text: string;
  readonly #decrypter: Decrypter;
  readonly #keys: readonly string[];

  private constructor(text: string, decrypter: Decrypter, keys: readonly string[]) {
    this.text = text;
    this.#decrypter = decrypter;
    this.#keys = keys;
  }

  /** @param text as age-keygen writes it; while a key is replaced, the old and the new one. @throws ListError `secret`. */
  static parse(text: string): Identity {
    const lines = text.split(/\r?\n/).map((line) => line.trim());
    const keys = lines.filter((line) => line !== '' && !line.startsWith('#'));
    const decrypter = new Decrypter();
    try {
      for (const key of keys) decrypter.addIdentity(key);
    } catch {
      // Its own error may quote the key.
      throw listError(
        'secret',
        'the identity is no age key of the kind AGE-SECRET-KEY-1…, one in a line (age-keygen makes one)',
      );
    }
    if (keys.length === 0) throw listError('secret', 'the identity has no key; age-keygen makes one');
    return new Identity(text, decrypter, keys);
  }

  /** Whether the recipient that metadata names is this node. */
  async isAmong(owners: readonly string[]): Promise<boolean> {
    for (const key of this.#keys) if (owners.includes(ownerOf(await identityToRecipient(key)))) return true;
    return false;
  }

  /** The key of one file. @param header of it. @throws an Error where it is encrypted to somebody else. */
  async fileKey(header: Uint8Array): Promise<Uint8Array> {
    return await this.#decrypter.decryptHeader(header);
  }

  /** In chunks that each have memory of their own. @throws ListError `decrypt`; errors of what is read as they are. */
  decrypt(pieces: Pieces): Pieces {
    return openedPieces(pieces, async (header) => await this.fileKey(header));
  }
}
