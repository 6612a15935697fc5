/**
 * Requirement 67: the running process needs nothing of its release folder. What it may have to load later (threads, the page,
 * the HTTPS client, the native library) is exercised after the folder has gone, has become another release, or has been
 * written over in place; and while strace looks, where nothing has happened to it.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { TestRepository } from '../list/source/tuf/test-repository.ts';
import { compileToFile } from '../../src/list/format/compile-file.ts';
import { utcDay } from '../../src/list/text/compile.ts';
import { cleanfeed } from '../commands/cli-process.ts';
import { eventually } from '../support/eventually.ts';
import { CERTIFICATE, PRIVATE_KEY } from '../support/localhost-certificate.ts';
import { startOkOrigin } from '../support/ok-origin.ts';
import type { Origin } from '../support/origin.ts';
import { ProxyProcess } from '../support/proxy-process.ts';
import { rawClient } from '../support/raw-client.ts';
import { ReleaseCopy, type Form } from '../support/release-copy.ts';
import { describeWith } from '../support/programs.ts';
import { Resources } from '../support/resources.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { touchedFiles } from '../support/touched-files.ts';

const WORDS = readFileSync(join(import.meta.dirname, '../../config/languages/en.yaml'), 'utf8');

const resources = new Resources();
let origin: Origin;
/** What the HTTPS server has. */
let served = '';
let listUrl = '';

beforeAll(async () => {
  origin = resources.use(await startOkOrigin());
  const server = createServer({ cert: CERTIFICATE, key: PRIVATE_KEY }, (_, response) => response.end(served));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  resources.defer(async () => await new Promise((resolve) => server.close(resolve)));
  listUrl = `https://localhost:${(server.address() as AddressInfo).port}/list.txt`;
});
afterAll(async () => await resources.end());

interface Change {
  readonly name: string;
  readonly change: (release: ReleaseCopy) => void;
  readonly cache: boolean;
  readonly isTraced?: boolean;
}

const CHANGES: readonly Change[] = [
  { name: 'moved away', change: (release: ReleaseCopy) => release.moveAway(), cache: false },
  { name: 'replaced by another release', change: (release: ReleaseCopy) => release.replace(), cache: true },
  { name: 'written over in place', change: (release: ReleaseCopy) => release.writeOver(), cache: false },
];
const TRACED: Change = { name: 'there, and nobody opens a file of it', change: () => {}, cache: false, isTraced: true };
const FORMS: readonly Form[] = ['build', 'sources'];

describe.each(FORMS)('the folder of the %s', (form) => {
  test.each(CHANGES)('is $name', exercise);
  describeWith(['strace'])('under strace', () => {
    test.each([TRACED])('is $name', exercise);
  });

  async function exercise({ change, cache, isTraced = false }: Change): Promise<void> {
    using place = temporaryDirectory();
    const directory = temporaryDirectory();
    const release = new ReleaseCopy(place.file('release'), form);
    const file = directory.file('cleanfeed.yaml');
    const replaced = (name: string, content: string | Uint8Array): void => {
      writeFileSync(directory.file(`${name}.new`), content);
      renameSync(directory.file(`${name}.new`), directory.file(name));
    };
    let languages = {};
    let resolver = {};
    interface List {
      readonly name: string;
      readonly source: string;
      readonly [key: string]: string;
    }
    const configured = (...lists: readonly List[]): void => {
      replaced(
        'cleanfeed.yaml',
        JSON.stringify({
          listeners: [{ name: 'explicit', address: '127.0.0.1', port: 0 }],
          admin: { address: '127.0.0.1', port: 0 },
          upstream: { allow: ['127.0.0.0/8'] },
          state: { directory: './state' },
          workers: 2,
          languages,
          resolver,
          lists,
        }),
      );
    };
    const files = [
      { name: 'text', source: './text.txt' },
      { name: 'compiled', source: './compiled.bin' },
    ];
    replaced('text.txt', 'a.localhost/listed\n');
    replaced('compiled.bin', compiled('b.localhost/listed\n'));
    configured(...files);
    writeFileSync(directory.file('ca.pem'), CERTIFICATE);
    const repository = await TestRepository.create(directory.file('repository'));
    writeFileSync(directory.file('root.json'), repository.root());
    writeFileSync(directory.file('node.age'), repository.identity, { mode: 0o600 });
    await repository.publish([`http://d.localhost/listed`]);
    const environment = {
      NODE_EXTRA_CA_CERTS: directory.file('ca.pem'),
      ...(cache
        ? { NODE_COMPILE_CACHE: `${release.folder}/node_modules/.cache` }
        : { NODE_DISABLE_COMPILE_CACHE: '1' }),
    };
    const proxy = await ProxyProcess.start(directory, { environment, release });
    resources.defer(async () => {
      proxy.signal('SIGKILL');
      await proxy.exited;
      proxy.forget();
    });
    await proxy.ready();
    const ask = async (name: string, path: string): Promise<number> => {
      await using client = await rawClient(proxy.port);
      client.request(`http://${name}.localhost:${origin.port}${path}`);
      return (await client.response()).status;
    };
    const languageOf = async (url: string): Promise<string | undefined> => {
      await using client = await rawClient(proxy.port);
      client.request(url);
      return (await client.response()).fields.get('content-language');
    };
    const refused = async (name: string, path: string): Promise<unknown> =>
      await eventually(
        `${name}${path} is refused`,
        async () => await ask(name, path),
        (status) => status === 403,
      );
    const ctl = async (...words: readonly string[]): Promise<string> => {
      const { code, stdout, stderr } = await cleanfeed(['ctl', ...words, '-c', file]);
      return code === 0 ? stdout : `exit ${code}: ${stderr}`;
    };

    change(release);
    const touched = isTraced ? await touchedFiles(proxy.pid, directory.file('touched')) : null;

    replaced('text.txt', 'a.localhost/listed\na.localhost/second\n');
    await refused('a', '/second');
    replaced('compiled.bin', compiled('b.localhost/listed\nb.localhost/second\n'));
    await refused('b', '/second');
    served = 'c.localhost/listed\n';
    configured(...files, { name: 'network', source: listUrl });
    expect(await ctl('reload')).toContain('reloaded: configuration applied');
    await refused('c', '/listed');
    served = 'c.localhost/listed\nc.localhost/second\n';
    expect(await ctl('reload')).toContain('reloaded: configuration unchanged');
    await refused('c', '/second');

    // The first protected list: TUF and age have not been loaded yet.
    const protectedOne = { source: `tuf+file://${repository.folder}`, root: './root.json', identity: './node.age' };
    configured(...files, { name: 'protected', ...protectedOne });
    expect(await ctl('reload')).toContain('reloaded: configuration applied');
    await refused('d', '/listed');
    await repository.publish(['http://d.localhost/listed', 'http://d.localhost/second']);
    await refused('d', '/second');

    // The shipped languages are in memory, those of the operator in his folder.
    mkdirSync(directory.file('words'));
    replaced('words/de.yaml', WORDS.replace('name: English', 'name: Deutsch'));
    languages = { folder: './words', use: ['de', 'fr'] };
    configured(...files);
    expect(await ctl('reload')).toContain('reloaded: configuration applied');
    expect(await languageOf('http://192.0.2.1/')).toBe('de');

    // Each zone is written by a thread of its own, and no zone was written before.
    replaced('text.txt', 'a.localhost/listed\na.localhost/second\nzone.example dns\n');
    resolver = { zones: [{ name: 'rpz.example', file: './rpz.zone', lists: ['text'] }] };
    configured(...files);
    expect(await ctl('reload')).toContain('reloaded: configuration applied');
    const zone = async (): Promise<string> => await readFile(directory.file('rpz.zone'), 'utf8').catch(() => '');
    await eventually('the zone is written', zone, (text) => text.includes('zone.example'));

    const explained = await cleanfeed(['ctl', 'explain', 'http://a.localhost/x/../second', '-c', file]);
    expect(explained).toMatchObject({ code: 1, stdout: expect.stringContaining('text') as unknown });
    expect(await ctl('bundle', '-o', directory.file('bundle.tar.gz'))).not.toContain('exit');

    expect(await ctl('status')).toMatch(/ready, generation \d+\n/);
    expect(await ctl('workers')).toContain('listening');
    expect(await ctl('limits')).toContain('limits.connections');
    expect(await ctl('bypass', 'on', '--for', '1m')).toContain('BYPASS is on');
    await eventually(
      'everything passes',
      async () => await ask('a', '/listed'),
      (status) => status === 200,
    );
    expect(await ctl('bypass', 'off')).toContain('the bypass has ended');
    for (const [path, words] of [
      ['/', '<html'],
      ['/status.js', 'keepAsking'],
      ['/metrics', 'cleanfeed_ready 1'],
      ['/history', 'stepSeconds'],
    ] as const) {
      expect((await proxy.admin(path)).body).toContain(words);
    }

    release.letDie(0);
    await eventually(
      'worker 0 has died',
      () => proxy.logged('worker.exited'),
      (lines) => lines.length > 0,
    );
    await eventually(
      'it is replaced',
      async () => await proxy.admin('/readyz'),
      ({ status }) => status === 200,
    );
    await refused('a', '/second');
    expect(await ask('a', '/other')).toBe(200);

    expect(await ctl('drain')).toContain('draining');
    expect(await proxy.exited).toEqual({ code: 0, signal: null });
    expect(proxy.stderr).not.toContain('another release');
    // Node looks at its own file with each thread, and does without where it is gone.
    const calls = (await touched?.below(release.folder)) ?? [];
    expect(calls.filter((call) => !call.includes(`${release.folder}/node_modules/node-linux-`))).toEqual([]);
    // What it does open was seen.
    expect(touched === null || (await touched.below(directory.path)).join().includes(file)).toBe(true);
  }

  function compiled(text: string): Uint8Array {
    return compileToFile(Buffer.from(text), { action: 'block', today: utcDay(Date.now()) }).file!;
  }
});
