/** Debian's `age` reads what we encrypt, and we what it encrypts. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { Decrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { encryptTo, isAgeRecipient } from '../../src/publish/age.ts';
import { describeWith } from '../support/programs.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

describeWith(['age', 'age-keygen'])("Debian's age", () => {
  test('reads what we encrypt to two recipients, with either identity', async () => {
    using folder = temporaryDirectory();
    const recipients = ['a', 'b'].map((name) => {
      execFileSync('age-keygen', ['-o', folder.file(name)], { stdio: 'pipe' });
      return execFileSync('age-keygen', ['-y', folder.file(name)], { encoding: 'utf8' }).trim();
    });
    expect(recipients.map(isAgeRecipient)).toEqual([true, true]);
    const plain = randomBytes(200_000);
    writeFileSync(folder.file('payload.age'), await encryptTo(recipients, plain));
    for (const name of ['a', 'b'])
      expect(execFileSync('age', ['-d', '-i', folder.file(name), folder.file('payload.age')]).equals(plain)).toBe(true);
    execFileSync('age-keygen', ['-o', folder.file('other')], { stdio: 'pipe' });
    expect(() =>
      execFileSync('age', ['-d', '-i', folder.file('other'), folder.file('payload.age')], { stdio: 'pipe' }),
    ).toThrow('no identity matched');
  });

  test('and we read what it encrypts', async () => {
    const identity = await generateX25519Identity();
    const recipient = await identityToRecipient(identity);
    const encrypted = execFileSync('age', ['-r', recipient], { input: 'from Debian' });
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    expect(await decrypter.decrypt(encrypted, 'text')).toBe('from Debian');
  });
});

test('a recipient with a mistyped letter, or of another kind, is none', async () => {
  const recipient = await identityToRecipient(await generateX25519Identity());
  const mistyped = `${recipient.slice(0, 20)}${recipient[20] === 'q' ? 'p' : 'q'}${recipient.slice(21)}`;
  expect([recipient, mistyped, 'age1', 'ssh-ed25519 AAAA', `${recipient}q`].map(isAgeRecipient)).toEqual([
    true,
    false,
    false,
    false,
    false,
  ]);
});
