/** tuf-js follows what we sign, from a pinned root to the bytes of a target. */
import { createHash, createPrivateKey } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { Updater } from 'tuf-js';
import { newKeyFile, SigningKey } from '../../../src/publish/keys/signing-key.ts';
import {
  delegatedText,
  namedFile,
  rootText,
  snapshotText,
  targetsText,
  timestampText,
} from '../../../src/publish/repository/metadata.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

/** Files by their paths, over HTTP on loopback. */
async function serve(files: ReadonlyMap<string, string>): Promise<{ readonly url: string } & AsyncDisposable> {
  const server = createServer(({ url = '' }, response) => {
    const text = files.get(url.slice(1));
    response.statusCode = text === undefined ? 404 : 200;
    response.end(text);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: stop };
}

const key = (): SigningKey => new SigningKey(createPrivateKey(newKeyFile().pem));
const signers = {
  root: [key(), key()],
  targets: [key(), key()],
  snapshot: [key()],
  timestamp: [key()],
  withdrawn: [key()],
  log: [key()],
};
const roleKeys = (role: keyof typeof signers) => ({
  threshold: signers[role].length,
  keys: signers[role].map(({ hex }) => hex),
});
const target = (path: string, text: string) => ({
  path,
  length: text.length,
  sha256: createHash('sha256').update(text).digest('hex'),
  custom: { version: 1 },
});

test('a client follows root, targets of two keys and a delegated role', async () => {
  const terms = { version: 1, expires: Date.now() + 86_400_000 };
  const root = rootText(
    terms,
    {
      root: roleKeys('root'),
      targets: roleKeys('targets'),
      snapshot: roleKeys('snapshot'),
      timestamp: roleKeys('timestamp'),
    },
    signers.root,
  );
  const withdrawn = delegatedText(terms, [target('withdrawn/1.set', 'withdrawn')], signers.withdrawn);
  const log = delegatedText(terms, [], signers.log);
  const delegated = { withdrawn: roleKeys('withdrawn'), log: roleKeys('log') };
  const targets = targetsText(terms, [target('match/1/1/1.full', 'full')], delegated, signers.targets);
  const snapshot = snapshotText(
    terms,
    { targets: namedFile(1, targets), withdrawn: namedFile(1, withdrawn), log: namedFile(1, log) },
    signers.snapshot,
  );
  const timestamp = timestampText(terms, namedFile(1, snapshot), ['ab'], signers.timestamp);
  const files = new Map([
    ['metadata/timestamp.json', timestamp],
    ['metadata/1.snapshot.json', snapshot],
    ['metadata/1.targets.json', targets],
    ['metadata/1.withdrawn.json', withdrawn],
    ['metadata/1.log.json', log],
    [`targets/match/1/1/${target('', 'full').sha256}.1.full`, 'full'],
    [`targets/withdrawn/${target('', 'withdrawn').sha256}.1.set`, 'withdrawn'],
  ]);

  await using server = await serve(files);
  using folder = temporaryDirectory();
  mkdirSync(folder.file('targets'));
  writeFileSync(folder.file('root.json'), root);
  const updater = new Updater({
    metadataDir: folder.path,
    metadataBaseUrl: `${server.url}/metadata`,
    targetDir: folder.file('targets'),
    targetBaseUrl: `${server.url}/targets`,
  });
  await updater.refresh();
  for (const [path, text] of [
    ['match/1/1/1.full', 'full'],
    ['withdrawn/1.set', 'withdrawn'],
  ] as const) {
    const info = await updater.getTargetInfo(path);
    expect(info?.custom).toEqual({ version: 1 });
    expect(readFileSync(await updater.downloadTarget(info!, folder.file('got')), 'utf8')).toBe(text);
  }
  expect(await updater.getTargetInfo('match/1/1/2.full')).toBeUndefined();
});
