/** Encryption to a recipient (age-encryption.org/v1, X25519). It must not see a payload before it is padded: sizes tell. */
import { randomBytes } from 'node:crypto';
import { Encrypter } from 'age-encryption';
import { NONCE_BYTES, sealedPieces, TAG_BYTES } from '../list/protected/age-stream.ts';

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
  const { header, fileKey } = await newHeader(recipients);
  return Buffer.concat([header, ...sealedPieces(plain, fileKey, randomBytes(NONCE_BYTES))]);
}

/** The package makes headers of whole files only: of one without content, what is behind the header goes. */
async function newHeader(
  recipients: readonly string[],
): Promise<{ readonly header: Uint8Array; readonly fileKey: Uint8Array }> {
  const encrypter = new Encrypter();
  let fileKey: Uint8Array = new Uint8Array(0);
  // It stands among the recipients to be told the key, and adds nothing to the header.
  encrypter.addRecipient({
    wrapFileKey: (key) => {
      fileKey = key.slice();
      return [];
    },
  });
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  // Of bytes it would make a Response, and Node would load an HTTP client in each thread for it.
  const nothing = new ReadableStream<Uint8Array>({ start: (controller) => controller.close() });
  const pieces: Uint8Array[] = [];
  for await (const piece of await encrypter.encrypt(nothing)) pieces.push(piece);
  const empty = Buffer.concat(pieces);
  return { header: empty.subarray(0, empty.length - NONCE_BYTES - TAG_BYTES), fileKey };
}
