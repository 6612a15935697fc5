/** Approvals: signatures over a change set by the keys that may approve, each once. With the keys of RFC 8032 section 7.1. */
import { describe, expect, test } from '@jest/globals';
import { createPrivateKey, createPublicKey, verify } from 'node:crypto';
import { statSync, writeFileSync } from 'node:fs';
import { approve, checkApprovals, readApprovals, writeApproval } from '../../src/publish/approval.ts';
import { SigningKey } from '../../src/publish/keys/signing-key.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** PKCS #8 of an ed25519 seed (RFC 8410 section 7). */
function signer(seed: string): SigningKey {
  const der = Buffer.from(`302e020100300506032b657004220420${seed}`, 'hex');
  return new SigningKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
}

const ONE = signer('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60');
const TWO = signer('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb');
const THREE = signer('c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7');
const DIGEST = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

const role = (threshold: number, ...keys: readonly SigningKey[]) => ({
  threshold,
  keys: keys.map(({ hex }, i) => ({ file: `approval-${i + 1}.pem`, public: hex })),
});

test('the keys are those of the RFC', () => {
  expect([ONE.hex, TWO.hex, THREE.hex]).toEqual([
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
  ]);
});

test('what is signed is the digest with what it is for: no other signature of the key can be taken for it', () => {
  const { public: hex, signature } = approve(DIGEST, ONE);
  const spki = Buffer.from(`302a300506032b6570032100${hex}`, 'hex');
  const key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  const signs = (text: string): boolean => verify(null, Buffer.from(text), key, Buffer.from(signature, 'hex'));
  expect([signs(`cleanfeed approval 1\n${DIGEST}\n`), signs(DIGEST), signs(`${DIGEST}\n`)]).toEqual([
    true,
    false,
    false,
  ]);
});

describe('enough', () => {
  test('are as many keys as it takes, whichever, in the order of the settings', () => {
    const approvals = [approve(DIGEST, THREE), approve(DIGEST, ONE)];
    expect(checkApprovals(DIGEST, approvals, role(2, ONE, TWO, THREE))).toEqual([ONE.hex, THREE.hex]);
  });

  test.each([
    ['none', [], '0 of 2 approvals'],
    ['one key twice', [approve(DIGEST, ONE), approve(DIGEST, ONE)], '1 of 2 approvals'],
    ['a key that may not', [approve(DIGEST, ONE), approve(DIGEST, THREE)], '1 of 2 approvals; 1 more'],
    [
      'one of another change set',
      [approve(DIGEST, ONE), approve(DIGEST.replace('b', 'c'), TWO)],
      '1 of 2 approvals; 1 more',
    ],
    [
      'a signature under another name',
      [approve(DIGEST, ONE), { ...approve(DIGEST, ONE), public: TWO.hex }],
      '1 of 2 approvals; 1 more',
    ],
    [
      'a signature of another change set under this digest',
      [approve(DIGEST, ONE), { ...approve(DIGEST.replace('b', 'c'), TWO), digest: DIGEST }],
      '1 of 2 approvals; 1 more',
    ],
    [
      'no signature',
      [approve(DIGEST, ONE), { digest: DIGEST, public: TWO.hex, signature: '' }],
      '1 of 2 approvals; 1 more',
    ],
  ])('not: %s', (_, approvals, message) => {
    expect(() => checkApprovals(DIGEST, approvals, role(2, ONE, TWO))).toThrow(
      expect.objectContaining({ code: 'approvals', message: expect.stringContaining(message) }),
    );
  });

  // Was a fault: settings that name a key twice made one person two.
  test('not: one key that the settings name twice', () => {
    expect(() => checkApprovals(DIGEST, [approve(DIGEST, ONE)], role(2, ONE, ONE))).toThrow('1 of 2 approvals');
  });
});

describe('on disk', () => {
  test('beside the change set, one file a key, for anybody to read', async () => {
    using folder = temporaryDirectory();
    const changeSet = folder.file('changes.json');
    const first = await writeApproval(changeSet, approve(DIGEST, ONE));
    expect(first).toMatch(/changes\.json\.[0-9a-f]{8}\.approval$/);
    expect(statSync(first).mode & 0o777).toBe(0o644);
    await writeApproval(changeSet, approve(DIGEST, TWO));
    expect(await writeApproval(changeSet, approve(DIGEST, ONE))).toBe(first);
    const found = await readApprovals(changeSet);
    expect(found.map((approval) => approval.public).toSorted()).toEqual([TWO.hex, ONE.hex].toSorted());
  });

  test.each(['', '{}', '{"digest":1,"public":"","signature":""}', '[]'])('%j is none, and is named', async (text) => {
    using folder = temporaryDirectory();
    writeFileSync(folder.file('changes.json.0123abcd.approval'), text);
    await expect(readApprovals(folder.file('changes.json'))).rejects.toMatchObject({
      code: 'approvals',
      message: expect.stringContaining('changes.json.0123abcd.approval'),
    });
  });
});
