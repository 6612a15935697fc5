/** What is shown to a server of lists: a file with something else in it is named, before any server is asked, and nothing of it is told. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { authorizationOf, readCertificates, readClientCertificate } from '../../../src/list/source/credentials.ts';
import { CERTIFICATE, PRIVATE_KEY } from '../../support/localhost-certificate.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../../support/temporary-directory.ts';

let directory: TemporaryDirectory;
beforeEach(() => {
  directory = temporaryDirectory();
});
afterEach(() => directory[Symbol.dispose]());

const secret = (text: string) => {
  const path = directory.file('secret');
  writeFileSync(path, text, { mode: 0o600 });
  return { kind: 'file', path } as const;
};
const file = (text: string): string => {
  writeFileSync(directory.file('file.pem'), text);
  return directory.file('file.pem');
};

test('a token, a name with its password, or nothing', async () => {
  expect(await authorizationOf({ bearer: null, basic: null })).toBeNull();
  expect(await authorizationOf({ bearer: secret('a-token.of~signs+/=\r\n'), basic: null })).toBe(
    'Bearer a-token.of~signs+/=',
  );
  const basic = await authorizationOf({ bearer: null, basic: secret('me:p: ä\n') });
  expect(Buffer.from(basic?.slice('Basic '.length) ?? '', 'base64').toString()).toBe('me:p: ä');
});

// Was a fault: such a server was asked no more.
test('a token as the password of nobody', async () => {
  expect(await authorizationOf({ bearer: null, basic: secret(':a-token\n') })).toBe(
    `Basic ${Buffer.from(':a-token').toString('base64')}`,
  );
});

// Was a fault: the server was said not to be reachable, and was not asked.
test.each([
  { kind: 'bearer', text: '', says: 'is empty; right is a token in one line, without white space' },
  { kind: 'bearer', text: 's3cret\nsecond\n', says: 'has something else in it; right is a token in one line' },
  { kind: 'bearer', text: 'Bearer s3cret', says: 'has something else in it; right is a token in one line' },
  { kind: 'bearer', text: 's3crét', says: 'has something else in it; right is a token in one line' },
  { kind: 'basic', text: '\n', says: 'is empty; right is name:password in one line' },
  { kind: 'basic', text: 's3cret', says: 'has something else in it; right is name:password in one line' },
  { kind: 'basic', text: 'me:s3cret\nyou:other', says: 'has something else in it; right is name:password' },
])('$kind $text: $says', async ({ kind, text, says }) => {
  const place = secret(text);
  const terms = { bearer: null, basic: null, [kind]: place };
  const told = authorizationOf(terms);
  await expect(told).rejects.toMatchObject({
    code: 'secret',
    message: expect.stringContaining(`${place.path} ${says}`),
  });
  await expect(told).rejects.not.toMatchObject({ message: expect.stringContaining('s3c') });
});

test('certificates, one or several, and one with its key', async () => {
  const several = `# ours\n${CERTIFICATE}\n${CERTIFICATE}`;
  expect(await readCertificates(file(several))).toBe(several);
  expect(await readClientCertificate({ certificate: file(CERTIFICATE), key: secret(PRIVATE_KEY) })).toEqual({
    cert: CERTIFICATE,
    key: PRIVATE_KEY,
  });
});

// Was a fault: the server was said not to be reachable, with a code of OpenSSL, or not to be known, whatever it showed.
test('what is no certificate, no key, or the key of another', async () => {
  const certificate = file(CERTIFICATE);
  await expect(readCertificates(directory.file('none'))).rejects.toMatchObject({ code: 'unreadable' });
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' });
  const key = secret(other);
  await expect(readClientCertificate({ certificate, key })).rejects.toMatchObject({
    code: 'secret',
    message: `${key.path} is not the key of the certificate in ${certificate}`,
  });
  secret('s3cret');
  await expect(readClientCertificate({ certificate, key })).rejects.toMatchObject({
    code: 'secret',
    message: `${key.path} holds no private key in PEM (-----BEGIN PRIVATE KEY-----) that needs no passphrase`,
  });
  file('<html>');
  await expect(readCertificates(certificate)).rejects.toMatchObject({
    code: 'unreadable',
    message: `${certificate} holds no certificate in PEM (-----BEGIN CERTIFICATE-----)`,
  });
});
