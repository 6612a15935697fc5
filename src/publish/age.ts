/** Encryption to a recipient (age-encryption.org/v1, X25519). It must not see a payload before it is padded: sizes tell. */
import { Encrypter } from 'age-encryption';

/** Bech32 of 32 bytes behind `age1` (age specification, "X25519 recipient stanza"); other kinds are not accepted. */
const X25519_RECIPIENT = /^age1[02-9ac-hj-np-z]{58}$/;

/** Whether `text` is a recipient that payloads can be encrypted to. */
export function isAgeRecipient(text: string): boolean {
  if (!X25519_RECIPIENT.test(text)) return false;
  try {
    new Encrypter().addRecipient(text);
    return true;
  } catch {
    // A wrong checksum: a letter was mistyped.
    return false;
  }
}

/** @returns a binary age file that each of `recipients` can read. */
export async function encryptTo(recipients: readonly string[], plain: Uint8Array): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  return await encrypter.encrypt(plain);
}
