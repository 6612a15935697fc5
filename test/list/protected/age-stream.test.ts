/** The content of a file of age, sealed by OpenSSL: the package opens it, and we open what the package seals. */
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import {
  CHUNK_BYTES,
  NONCE_BYTES,
  openedChunk,
  sealedPieces,
  streamKey,
  TAG_BYTES,
} from '../../../src/list/protected/age-stream.ts';
import { encryptTo } from '../../../src/publish/age.ts';

const LENGTHS = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES];

describe.each(LENGTHS)('%i bytes', (length) => {
  const plain = randomBytes(length);

  test('are read by the package', async () => {
    const identity = await generateX25519Identity();
    const file = await encryptTo([await identityToRecipient(identity)], plain);
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    expect(Buffer.from(await decrypter.decrypt(file)).equals(plain)).toBe(true);
  });

  test('are what the package would seal them to', async () => {
    let key: Uint8Array = new Uint8Array(0);
    const encrypter = new Encrypter();
    encrypter.addRecipient({
      wrapFileKey: (fileKey) => {
        key = fileKey.slice();
        return [];
      },
    });
    const file = Buffer.from(await encrypter.encrypt(plain));
    const body = file.subarray(file.indexOf('\n', file.indexOf('\n---') + 1) + 1);
    const nonce = body.subarray(0, NONCE_BYTES);
    expect(Buffer.concat([...sealedPieces(plain, key, nonce)]).equals(body)).toBe(true);
  });
});

test('a chunk is opened in its place only', () => {
  const [key, nonce] = [randomBytes(16), randomBytes(NONCE_BYTES)];
  const sealed = Buffer.concat([...sealedPieces(Buffer.from('one chunk'), key, nonce)]).subarray(NONCE_BYTES);
  const stream = streamKey(key, nonce);
  expect(Buffer.from(openedChunk(sealed, stream, { number: 0, isLast: true })).toString()).toBe('one chunk');
  expect(() => openedChunk(sealed, stream, { number: 1, isLast: true })).toThrow('unable to authenticate data');
  expect(() => openedChunk(sealed, stream, { number: 0, isLast: false })).toThrow('unable to authenticate data');
  expect(() => openedChunk(sealed.subarray(0, TAG_BYTES - 1), stream, { number: 0, isLast: true })).toThrow(
    'it ends within a chunk',
  );
});
