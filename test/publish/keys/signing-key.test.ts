import { chmodSync, writeFileSync } from 'node:fs';
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { isSignedBy, keyId, newKeyFile, readSigningKey } from '../../../src/publish/keys/signing-key.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const TEXT = Buffer.from('text');

describe('a signing key', () => {
  test('signs what its public half verifies, and nothing else', async () => {
    using folder = temporaryDirectory();
    const { pem, hex } = newKeyFile();
    writeFileSync(folder.file('a.pem'), pem, { mode: 0o600 });
    const key = await readSigningKey(folder.file('a.pem'));
    expect(key.hex).toBe(hex);
    const signature = key.sign(TEXT);
    expect(isSignedBy(hex, TEXT, signature)).toBe(true);
    expect(isSignedBy(hex, Buffer.from('Text'), signature)).toBe(false);
    expect(isSignedBy(newKeyFile().hex, TEXT, signature)).toBe(false);
    expect(isSignedBy('00', TEXT, signature)).toBe(false);
    expect(isSignedBy(hex, TEXT, 'none')).toBe(false);
  });

  test('its id is that which securesystemslib gives it: SHA-256 of the canonical JSON of the key', () => {
    expect(keyId('e5'.repeat(32))).toBe('02ac155e9a149e9cd697cf1d890791f79282a2a0778933851e031c98928a1122');
  });

  test.each([
    ['that is missing', null, 0o600, 'there is no such file'],
    ['that others may read', newKeyFile().pem, 0o640, 'readable by others (mode 640)'],
    ['that is no key', 'no key', 0o600, 'no private key in PEM'],
    ['of another kind', otherKind(), 0o600, 'not an ed25519 key'],
  ])('a file %s is named', async (_, pem, mode, reason) => {
    using folder = temporaryDirectory();
    const path = folder.file('root-1.pem');
    if (pem !== null) {
      writeFileSync(path, pem);
      chmodSync(path, mode);
    }
    await expect(readSigningKey(path)).rejects.toMatchObject({
      code: 'publisher_keys',
      message: expect.stringMatching(`^key ${path}: .*${reason.replaceAll(/[()]/g, '.')}`),
    });
  });
});

function otherKind(): string {
  return generateKeyPairSync('x25519').privateKey.export({ format: 'pem', type: 'pkcs8' });
}
