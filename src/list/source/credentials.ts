/**
 * What a server of lists is shown, and by which it is known: certificates, a token, a password, each looked at before any server is asked, so that a file
 * with something else in it is named and not the server. It must not keep any, and no error tells anything of a secret.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { HttpTerms, SecretPlace } from '../../config/list-types.ts';
import { errnoOf, fileReason } from '../../lib/errors.ts';
import { type ListError, listError } from '../list-error.ts';
import { readSecret } from './secret.ts';

type ClientTerms = NonNullable<HttpTerms['client']>;

/** Characters of a field of HTTP/1.1 that all servers take. */
const TOKEN = /^[\x21-\x7e]+$/;
/** The first colon ends the name, which may be empty: some servers take a token as the password of nobody. */
const PASSWORD = /^[^\n\r:]*:[^\n\r]*$/;

/** @returns the value of the field; null: nothing is shown. @throws ListError `secret` */
export async function authorizationOf({ bearer, basic }: Pick<HttpTerms, 'bearer' | 'basic'>): Promise<string | null> {
  if (bearer !== null) return `Bearer ${await secretLike(bearer, TOKEN, 'a token in one line, without white space')}`;
  if (basic === null) return null;
  return `Basic ${Buffer.from(await secretLike(basic, PASSWORD, 'name:password in one line')).toString('base64')}`;
}

async function secretLike(place: SecretPlace, form: RegExp, right: string): Promise<string> {
  const text = (await readSecret(place)).trim();
  if (form.test(text)) return text;
  throw secretError(place, `${text === '' ? 'is empty' : 'has something else in it'}; right is ${right}`);
}

/** PEM, of one certificate or several. @throws ListError `unreadable` */
export async function readCertificates(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw listError('unreadable', `${path} cannot be read: ${fileReason(errnoOf(error))}`, error);
  });
  certificateIn(text, path);
  return text;
}

/** @throws ListError `unreadable`, `secret` */
export async function readClientCertificate({
  certificate: path,
  key: place,
}: ClientTerms): Promise<{ readonly cert: string; readonly key: string }> {
  const [cert, key] = [await readCertificates(path), await readSecret(place)];
  if (!certificateIn(cert, path).checkPrivateKey(privateKeyIn(key, place)))
    throw secretError(place, `is not the key of the certificate in ${path}`);
  return { cert, key };
}

/** The first. */
function certificateIn(pem: string, path: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    throw listError('unreadable', `${path} holds no certificate in PEM (-----BEGIN CERTIFICATE-----)`, error);
  }
}

function privateKeyIn(pem: string, place: SecretPlace): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    // Its own error may quote the key.
    throw secretError(place, 'holds no private key in PEM (-----BEGIN PRIVATE KEY-----) that needs no passphrase');
  }
}

function secretError(place: SecretPlace, what: string): ListError {
  return listError('secret', `${place.kind === 'file' ? place.path : `the credential ${place.name}`} ${what}`);
}
