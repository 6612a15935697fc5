/** What an attacker does before a runbook is needed, with keys that he copied. It must not use what he would not have. */
import { cp, readFile, writeFile } from 'node:fs/promises';
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { join } from 'node:path';
import { Metadata, Signature, Snapshot, Timestamp } from '@tufjs/models';
import { keyId } from '../../src/publish/keys/signing-key.ts';
import { cleanfeed } from '../commands/cli-process.ts';

type Place = (path: string) => string;

const HIGH = 1_000_000;
const METADATA = '/srv/lists/repo/isp-a/metadata';

/** Snapshot and timestamp of isp-a are signed with versions that are far too high. */
export async function fastForward(place: Place): Promise<void> {
  const file = (name: string): string => join(place(METADATA), name);
  const timestamp: unknown = JSON.parse(await readFile(file('timestamp.json'), 'utf8'));
  const { signed } = timestamp as { signed: { meta: { 'snapshot.json': { version: number } } } };
  const { version } = signed.meta['snapshot.json'];
  const snapshot: unknown = JSON.parse(await readFile(file(`${version}.snapshot.json`), 'utf8'));
  const high = (metadata: unknown): Parameters<typeof Snapshot.fromJSON>[0] => ({
    ...(metadata as { signed: object }).signed,
    version: HIGH,
  });
  const text = await signedText(Snapshot.fromJSON(high(snapshot)), place('/srv/lists/keys/snapshot-1.pem'));
  await writeFile(file(`${HIGH}.snapshot.json`), text);
  const sha256 = createHash('sha256').update(text).digest('hex');
  const meta = { 'snapshot.json': { version: HIGH, length: text.length, hashes: { sha256 } } };
  const forged = Timestamp.fromJSON({ ...high(timestamp), meta });
  await writeFile(file('timestamp.json'), await signedText(forged, place('/srv/lists/keys/timestamp-1.pem')));
}

/** A version that the publisher knows nothing of, by a copy of all its folders. */
export async function stolenHost(place: Place): Promise<void> {
  const keys = place('/srv/lists/thief');
  const list = place('/srv/lists/forged.txt');
  await cp(place('/srv/lists/keys'), keys, { recursive: true });
  await writeFile(list, `${await readFile(place('/srv/lists/national.txt'), 'utf8')}forged.example\n`);
  const folders = ['-r', place('/srv/lists/repo'), '-k', keys];
  const { code, stderr } = await cleanfeed(['publish', 'build', list, '--commit', ...folders]);
  if (code !== 0) throw new Error(stderr);
}

async function signedText(signed: Snapshot | Timestamp, path: string): Promise<string> {
  const key = createPrivateKey(await readFile(path));
  const hex = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex');
  const metadata = new Metadata(signed);
  metadata.sign((bytes) => new Signature({ keyID: keyId(hex), sig: sign(null, bytes, key).toString('hex') }));
  return JSON.stringify(metadata.toJSON());
}
