/**
 * One ed25519 key (RFC 8032) as the publisher keeps it: PKCS #8 in PEM, mode 0600, and as TUF metadata names it: by the SHA-256 of its
 * public half (TUF specification, section 4.2). It must not be read from a file that others may read.
 */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { open } from 'node:fs/promises';
import { CleanfeedError, errnoOf, fileReason } from '../../lib/errors.ts';

const HEX_KEY = /^[0-9a-f]{64}$/;

/** What precedes the 32 bytes of an ed25519 key in SubjectPublicKeyInfo (RFC 8410, section 4). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

export class SigningKey {
  /** Public half: 32 bytes in lower-case hex. */
  readonly hex: string;
  readonly #private: KeyObject;

  constructor(key: KeyObject) {
    this.#private = key;
    this.hex = createPublicKey(key)
      .export({ format: 'der', type: 'spki' })
      .subarray(SPKI_PREFIX.length)
      .toString('hex');
  }

  /** The signature in hex. */
  sign(bytes: Uint8Array): string {
    return sign(null, bytes, this.#private).toString('hex');
  }
}

/** A fresh key, as it is written to its file. */
export function newKeyFile(): { readonly pem: string; readonly hex: string } {
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' });
  return { pem, hex: new SigningKey(privateKey).hex };
}

/** Throws CleanfeedError `publisher_keys`, which names the file. */
export async function readSigningKey(path: string): Promise<SigningKey> {
  const pem = await readPrivate(path);
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'ed25519') return new SigningKey(key);
  } catch (cause) {
    throw unfit(path, 'no private key in PEM', cause);
  }
  throw unfit(path, 'not an ed25519 key');
}

/** The id of a key in TUF metadata; the text is canonical JSON as it stands. */
export function keyId(hex: string): string {
  return createHash('sha256')
    .update(`{"keytype":"ed25519","keyval":{"public":"${hex}"},"scheme":"ed25519"}`)
    .digest('hex');
}

/** @returns false also where key or signature are none. */
export function isSignedBy(hex: string, bytes: Uint8Array, signature: string): boolean {
  if (!HEX_KEY.test(hex) || !/^[0-9a-f]{128}$/.test(signature)) return false;
  const der = Buffer.concat([SPKI_PREFIX, Buffer.from(hex, 'hex')]);
  return verify(null, bytes, createPublicKey({ key: der, format: 'der', type: 'spki' }), Buffer.from(signature, 'hex'));
}

async function readPrivate(path: string): Promise<string> {
  try {
    const file = await open(path, 'r');
    try {
      const { mode } = await file.stat();
      if ((mode & 0o077) !== 0)
        throw unfit(path, `readable by others (mode ${(mode & 0o777).toString(8)}); chmod 600 it`);
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof CleanfeedError) throw error;
    throw unfit(path, fileReason(errnoOf(error)), error);
  }
}

function unfit(path: string, reason: string, cause?: unknown): CleanfeedError {
  return new CleanfeedError('config', 'publisher_keys', `key ${path}: ${reason}`, { cause });
}
