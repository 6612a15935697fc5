/**
 * Requirement 64 for lists of every kind in files: a writer of its own changes them slowly, in place or by rename, in the worst order, beside files that are
 * written all the time. The last good list is in force throughout, and the new one when the writer is done.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readdirSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { compileToFile } from '../../src/list/format/compile-file.ts';
import { utcDay } from '../../src/list/text/compile.ts';
import { writingBesides } from '../support/busy-file.ts';
import { ClearingHouse } from '../support/clearing-house.ts';
import { eventually } from '../support/eventually.ts';
import { startOkOrigin } from '../support/ok-origin.ts';
import type { Origin } from '../support/origin.ts';
import { pollNow, refusedOf, versionOf } from '../support/protected-node.ts';
import { startProxy, type ProxyProcess } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';

const ISP = 'isp-a';
const TIMESTAMP = 'metadata/timestamp.json';

/** Writes each file anew, in this order, in pieces with a pause behind each. */
const WRITER = `
const { openSync, closeSync, writeSync, readFileSync } = require('node:fs');
const [pause, pieces, ...files] = process.argv.slice(1);
process.on('disconnect', () => process.exit(1));
(async () => {
  for (let i = 0; i < files.length; i += 2) {
    const bytes = readFileSync(files[i]);
    const to = openSync(files[i + 1], 'w');
    const step = Math.max(1, Math.ceil(bytes.length / Number(pieces)));
    for (let at = 0; at < bytes.length; at += step) {
      writeSync(to, bytes, at, Math.min(step, bytes.length - at));
      await new Promise((resolve) => setTimeout(resolve, Number(pause)));
    }
    closeSync(to);
  }
  process.exit(0);
})();`;

interface Writing {
  readonly pauseMs: number;
  readonly pieces: number;
}

/** Resolves when all is written; what is asked meanwhile is asked again and again. */
async function written(
  files: readonly (readonly [string, string])[],
  { pauseMs, pieces }: Writing,
  meanwhile: () => Promise<void>,
): Promise<void> {
  const words = ['-e', WRITER, String(pauseMs), String(pieces), ...files.flat()];
  const writer = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const exited = once(writer, 'exit');
  while (writer.exitCode === null && writer.signalCode === null) await meanwhile();
  expect((await exited)[0]).toBe(0);
}

const resources = new Resources();
let origin: Origin;

beforeAll(async () => {
  origin = resources.use(await startOkOrigin());
});
afterAll(async () => await resources.end());

describe('a repository in a folder', () => {
  let house: ClearingHouse;
  let proxy: ProxyProcess;
  let hosts: string[] = ['v1'];

  beforeAll(async () => {
    house = resources.use(await ClearingHouse.begin([ISP], { filler: 3000 }));
    await house.list(...hosts);
    house.deploy(ISP);
    const source = `tuf+file://${mirror()}`;
    const list = { name: 'national', source, root: house.root, identity: house.identity(ISP), interval: '10s' };
    proxy = resources.use(await startProxy({ config: { lists: [list], control: { socket: './control.sock' } } }));
  });

  function mirror(): string {
    return join(house.web, ISP);
  }

  function published(): string[] {
    const files = readdirSync(join(house.folders.repo, ISP), { recursive: true, withFileTypes: true });
    return files
      .filter((file) => file.isFile())
      .map((file) => relative(join(house.folders.repo, ISP), join(file.parentPath, file.name)));
  }

  async function publish(): Promise<void> {
    hosts = [...hosts, `v${hosts.length + 1}`];
    await house.list(...hosts);
  }

  async function inForce(): Promise<void> {
    await eventually(
      `version ${hosts.length}`,
      async () => {
        await pollNow(proxy);
        return await refusedOf(proxy, origin, hosts);
      },
      (refused) => refused === hosts.join(''),
    );
    expect(await versionOf(proxy)).toBe(String(hosts.length));
    expect((await proxy.status()).lists[0]).toMatchObject({ lastError: null });
  }

  async function stays(): Promise<void> {
    await pollNow(proxy);
    const refused = await refusedOf(proxy, origin, hosts);
    // A new version is whole once its last file is.
    expect([hosts.slice(0, -1).join(''), hosts.join('')]).toContain(refused);
  }

  test.each([
    {
      name: 'the timestamp first, each file in place',
      order: (files: string[]) => files.toSorted((a, b) => Number(b === TIMESTAMP) - Number(a === TIMESTAMP)),
    },
    {
      name: 'the timestamp last, each file in place',
      order: (files: string[]) => files.toSorted((a, b) => Number(a === TIMESTAMP) - Number(b === TIMESTAMP)),
    },
    { name: 'in the order of the names', order: (files: string[]) => files.toSorted() },
  ])('written slowly: $name', async ({ order }) => {
    using log = writingBesides(join(mirror(), 'metadata', 'rsync.log'));
    await eventually('the log is written', () => log.writes > 0);
    await publish();
    const files = order(published()).map(
      (file) => [join(house.folders.repo, ISP, file), join(mirror(), file)] as const,
    );
    await written(files, { pauseMs: 20, pieces: 10 }, stays);
    await inForce();
  });

  test('cut, and mended; moved away as a whole, and another one put there', async () => {
    for (const file of published()) truncateSync(join(mirror(), file), 10);
    await publish();
    await stays();
    house.deploy(ISP);
    await inForce();
    await publish();
    const next = `${mirror()}.next`;
    cpSync(join(house.folders.repo, ISP), next, { recursive: true });
    renameSync(mirror(), `${mirror()}.before`);
    await stays();
    renameSync(next, mirror());
    await inForce();
    expect((await proxy.status()).lists[0]).toMatchObject({ loaded: true, lastError: null });
  });
});

describe('a file', () => {
  const TEXTS = Array.from({ length: 2 }, (_, i) =>
    Array.from({ length: 400 }, (_line, n) => `http://n${n}.localhost/listed${i}\n`).join(''),
  );
  const compiled = (text: string): Uint8Array =>
    compileToFile(Buffer.from(text), { action: 'block', today: utcDay(Date.now()) }).file!;

  test.each([
    // In place a text may be read by half where the writer pauses (docs/known-limits.md): a compiled list is refused until it is whole.
    { kind: 'text, put in place by rename', bytes: (text: string) => Buffer.from(text), pauseMs: 100, isRenamed: true },
    { kind: 'compiled, in place', bytes: compiled, pauseMs: 100, isRenamed: false },
    { kind: 'compiled, in place', bytes: compiled, pauseMs: 700, isRenamed: false },
  ])('$kind, a piece each $pauseMs ms', async ({ bytes, pauseMs, isRenamed }) => {
    await using proxy = await startProxy({ lists: { own: 'first.localhost/listed\n' } });
    using log = writingBesides(proxy.file('access.log'));
    await eventually('the log is written', () => log.writes > 0);
    const next = proxy.file('next');
    writeFileSync(next, bytes(TEXTS[0]!));
    const seen: string[] = [];
    const to = proxy.file(isRenamed ? 'part.txt' : 'own.txt');
    await written([[next, to]], { pauseMs, pieces: 8 }, async () => {
      const list = (await proxy.status()).lists[0]!;
      seen.push(`${list.entries} ${list.lastError}`);
    });
    if (isRenamed) renameSync(to, proxy.file('own.txt'));
    await eventually('it is in force', async () => (await proxy.status()).lists[0]?.entries === 400);
    // The last good list, or the whole new one.
    expect(seen.filter((line) => !/^(?:1|400) /.test(line))).toEqual([]);
    expect(seen).toContain('1 null');
  });
});
