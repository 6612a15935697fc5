/**
 * `cleanfeed verify-release`: whether files are those of a release that a key has signed. The release's folder has
 * `SHA256SUMS`, as sha256sum writes it, and `SHA256SUMS.sig`, its signature by Ed25519 (RFC 8032), 64 bytes.
 * It must not run what it has not verified.
 */
import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { CleanfeedError, errnoOf, fileReason } from '../lib/errors.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { counted, print, printError, printJson } from './terminal.ts';

const SUMS = 'SHA256SUMS';
const SIGNATURE = `${SUMS}.sig`;
/** Bytes. The checksums of ten thousand files are fewer. */
const MAX_FILE_BYTES = 1_048_576;
const LINE = /^([0-9a-f]{64}) [ *](.+)$/;

interface VerifiedFile {
  /** Relative to the folder of the release. */
  readonly path: string;
  readonly state: 'ok' | 'differs' | 'missing' | 'unreadable' | 'not signed';
  readonly expected: string | null;
  readonly actual: string | null;
  /** The error of the system, where it cannot be read. */
  readonly reason: string | null;
}

/** @param path a folder with a whole release, or one file of it. */
export async function verifyRelease(
  path: string,
  { key, json }: { readonly key: string; readonly json: boolean },
): Promise<ExitCode> {
  try {
    const isFolder = (await stat(path).catch(unreadable(path))).isDirectory();
    const folder = isFolder ? path : dirname(path);
    const signed = await signedSums(folder, await publicKey(key));
    const names = isFolder ? await filesBelow(folder) : [basename(path)];
    const files = await verifiedFiles(
      folder,
      signed,
      isFolder ? new Set([...signed.keys(), ...names]) : new Set(names),
    );
    return tell(path, files, json);
  } catch (error) {
    if (!(error instanceof CleanfeedError)) throw error;
    printError(`${error.message} (${error.code})`);
    return EXIT.refused;
  }
}

function tell(path: string, files: readonly VerifiedFile[], json: boolean): ExitCode {
  const wrong = files.filter(({ state }) => state !== 'ok');
  if (json) printJson({ ok: wrong.length === 0, files });
  else if (wrong.length === 0) print(`${path}: ${counted(files.length, 'file')} as signed`);
  for (const file of wrong) printError(sentence(file));
  return wrong.length === 0 ? EXIT.ok : EXIT.refused;
}

function sentence({ path, state, expected, actual, reason }: VerifiedFile): string {
  switch (state) {
    case 'ok':
      return `${path} is as signed`;
    case 'differs':
      return `${path} is not what was signed: its SHA-256 is ${actual}, signed is ${expected}`;
    case 'missing':
      return `${path} is missing`;
    case 'unreadable':
      return `${path}: ${reason}`;
    case 'not signed':
      return `${path} is not in ${SUMS}: nobody has signed it`;
  }
}

async function publicKey(file: string): Promise<KeyObject> {
  const pem = await contentOf(file);
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch {
    throw unverified(`${file} is no public key in PEM (-----BEGIN PUBLIC KEY-----)`);
  }
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw unverified(`${file} is a key of ${key.asymmetricKeyType}, and releases are signed by Ed25519`);
}

/** Checksums by path, in the order of the file. */
async function signedSums(folder: string, key: KeyObject): Promise<ReadonlyMap<string, string>> {
  const file = join(folder, SUMS);
  const bytes = await contentOf(file);
  const signature = await contentOf(join(folder, SIGNATURE));
  if (!verify(null, bytes, key, signature))
    throw unverified(`${file}: the signature in ${SIGNATURE} is not by this key`);
  const lines = bytes.toString('utf8').split('\n');
  if (lines.pop() !== '') throw unverified(`${file}:${lines.length + 1}: the last line is cut off`);
  return new Map(
    lines.map((line, i): [string, string] => {
      const [, sum, path] = LINE.exec(line) ?? [];
      if (sum === undefined || path === undefined || isOutside(path))
        throw unverified(`${file}:${i + 1}: no line of sha256sum with a path below the folder`);
      return [path, sum];
    }),
  );
}

function isOutside(path: string): boolean {
  return path.startsWith('/') || path.split('/').includes('..');
}

async function verifiedFiles(
  folder: string,
  signed: ReadonlyMap<string, string>,
  paths: ReadonlySet<string>,
): Promise<readonly VerifiedFile[]> {
  const files: VerifiedFile[] = [];
  for (const path of paths) files.push(await verifiedFile(folder, path, signed.get(path) ?? null));
  return files;
}

async function verifiedFile(folder: string, path: string, expected: string | null): Promise<VerifiedFile> {
  const file = { path, expected, actual: null, reason: null };
  if (expected === null) return { ...file, state: 'not signed' };
  try {
    const hash = createHash('sha256');
    await pipeline(createReadStream(join(folder, path)), hash);
    const actual = hash.digest('hex');
    return { ...file, state: actual === expected ? 'ok' : 'differs', actual };
  } catch (error) {
    const errno = errnoOf(error);
    return { ...file, state: errno === 'ENOENT' ? 'missing' : 'unreadable', reason: fileReason(errno) };
  }
}

/** Relative to the folder, without the two files that vouch for the others. */
async function filesBelow(folder: string): Promise<readonly string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(unreadable(folder));
  return found
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((path) => path !== SUMS && path !== SIGNATURE)
    .toSorted();
}

async function contentOf(file: string): Promise<Buffer> {
  const handle = await open(file).catch(unreadable(file));
  try {
    const { size } = await handle.stat();
    if (size > MAX_FILE_BYTES) throw unverified(`${file} has ${size} bytes, more than ${MAX_FILE_BYTES}`);
    return await handle.readFile().catch(unreadable(file));
  } finally {
    await handle.close();
  }
}

/** A fault of the release as a whole. */
function unverified(message: string): CleanfeedError {
  return new CleanfeedError('config', 'release_unverified', message);
}

function unreadable(file: string): (error: unknown) => never {
  return (error) => {
    throw unverified(`${file}: ${fileReason(errnoOf(error))}`);
  };
}
