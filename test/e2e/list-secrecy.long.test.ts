/**
 * The secret of a protected list (requirement 49): after a run with entries that no client asked for, none of them is found in anything that
 * the process leaves or holds, in any spelling: heap of each thread, all of its memory, log, metrics, status, block page, arguments,
 * environment, files. What was asked for is found in its heap: the search would have seen the others.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { domainToASCII } from 'node:url';
import { afterAll, expect, test } from '@jest/globals';
import { TestRepository } from '../list/source/tuf/test-repository.ts';
import { curl } from '../support/curl.ts';
import { eventually } from '../support/eventually.ts';
import { filesIn } from '../support/files-in.ts';
import { heapSnapshots } from '../support/heap-snapshots.ts';
import { startOkOrigin, statusOf } from '../support/ok-origin.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';
import { digestsOf, spellingsOf } from '../support/spellings.ts';
import type { Spelling } from '../support/spellings.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const ENTRIES = 200;
const resources = new Resources();
afterAll(async () => await resources.end());

/** In every secret, and nowhere else in the world. */
const marker = `q${randomBytes(12).toString('hex')}`;
/** Its punycode has the marker in it too. */
const idn = `${marker}ü`;

interface Secret {
  readonly line: string;
  readonly host: string;
  readonly target: string;
}

const secrets: readonly Secret[] = [
  { line: `${idn}.example`, host: `${domainToASCII(idn)}.example`, target: '/' },
  ...Array.from({ length: ENTRIES }, (_, i) => {
    const host = `${marker}${i}.example`;
    const target = `/${marker}/${i}.html?id=${i}`;
    return {
      line: i % 2 === 0 ? host : `http://www.${host}${target}`,
      host: i % 2 === 0 ? host : `www.${host}`,
      target,
    };
  }),
];

function places(proxy: ProxyProcess): Record<string, Buffer> {
  const process = (name: string): Buffer => readFileSync(`/proc/${proxy.pid}/${name}`);
  return {
    log: Buffer.from(proxy.stderr),
    arguments: process('cmdline'),
    environment: process('environ'),
    maps: process('maps'),
    'files in the state directory': Buffer.concat(
      filesIn(proxy.file('state')).flatMap(({ path, bytes }) => [Buffer.from(path), bytes]),
    ),
  };
}

/** Everything that the process can write to, region by region: heaps, stacks, buffers, shared memory. */
function* memoryOf(pid: number): Generator<Buffer> {
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  try {
    for (const line of readFileSync(`/proc/${pid}/maps`, 'latin1').split('\n')) {
      const [, from = '', to = ''] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? [];
      if (from === '') continue;
      yield* regionOf(memory, Number.parseInt(from, 16), Number.parseInt(to, 16));
    }
  } finally {
    closeSync(memory);
  }
}

const PART = 1024 * 1024;
const NOTHING = Buffer.alloc(PART);
/** Parts overlap by more than any spelling has. */
const OVERLAP = 1024;

/** Most of a region is reserved, and nothing was ever written there. */
function* regionOf(memory: number, from: number, to: number): Generator<Buffer> {
  const part = Buffer.alloc(PART);
  for (let at = from; at < to; at += PART - OVERLAP) {
    let length = 0;
    try {
      length = readSync(memory, part, 0, Math.min(PART, to - at), at);
    } catch {
      // It may be gone.
    }
    if (!part.subarray(0, length).equals(NOTHING.subarray(0, length))) yield part.subarray(0, length);
  }
}

function found(where: string, bytes: Buffer, spellings: readonly Spelling[]): string[] {
  return spellings.filter((spelling) => bytes.includes(spelling.bytes)).map(({ form }) => `${where}: ${form}`);
}

test('no entry that nobody asked for is found anywhere', async () => {
  const origin = resources.use(await startOkOrigin());
  using directory = temporaryDirectory();
  const repository = await TestRepository.create(directory.file('repository'));
  writeFileSync(directory.file('root.json'), repository.root());
  writeFileSync(directory.file('node.age'), repository.identity, { mode: 0o600 });
  const listed = `listed${randomBytes(8).toString('hex')}`;
  const lines = [...secrets.map(({ line }) => line), `http://${listed}.example/x`];
  await repository.publish(lines.slice(5));
  const source = `tuf+file://${repository.folder}`;
  const list = { name: 'national', source, root: directory.file('root.json'), identity: directory.file('node.age') };
  const proxy = resources.use(
    await startProxy({
      // A thread stands still while its heap is written down.
      config: { lists: [list], workers: 2, supervision: { hangTimeout: '10m' } },
      environment: { NODE_OPTIONS: '--inspect=127.0.0.1:0' },
    }),
  );
  // A delta, then a removal: whatever they leave is looked for too.
  await repository.publish(lines);
  await repository.withdraw([lines[0]!]);
  await eventually(
    'both are in force',
    async () => (await proxy.metrics()).get('cleanfeed_list_entries{list="national"}') === lines.length - 1,
  );

  const asked = `asked${randomBytes(8).toString('hex')}`;
  for (let i = 0; i < 20; i += 1)
    expect(await statusOf(proxy.port, `http://${asked}${i}.localhost:${origin.port}/page`)).toBe(200);
  const blocked = await curl(proxy.port, [`http://${listed}.example/x`]);
  expect(blocked.status).toBe(403);

  const spellings = [
    ...spellingsOf(marker),
    ...secrets
      .slice(0, 3)
      .flatMap(({ line, host, target }) => [
        line,
        host,
        `${host}${target}`,
        `http://${host}${target}`,
        [...host].toReversed().join(''),
      ])
      .flatMap(digestsOf),
  ];
  const inspector = await eventually(
    'where the inspector listens',
    () => /Debugger listening on (ws:\S+)\n/.exec(proxy.stderr)?.[1] ?? '',
  );
  const heaps = await heapSnapshots(inspector);
  expect(heaps.length).toBeGreaterThanOrEqual(3);
  expect(heaps.some((heap) => heap.includes(`${asked}7.localhost`))).toBe(true);
  const shown = await Promise.all(
    ['/status', '/metrics', '/readyz', '/'].map(async (path) => (await proxy.admin(path)).body),
  );
  const all: string[] = [
    ...heaps.flatMap((heap, i) => found(`heap of thread ${i}`, Buffer.from(heap), spellings)),
    ...shown.flatMap((body) => found('admin', Buffer.from(body), spellings)),
    ...found('block page', Buffer.concat([blocked.body, Buffer.from(JSON.stringify([...blocked.fields]))]), spellings),
    ...Object.entries(places(proxy)).flatMap(([where, bytes]) => found(where, bytes, spellings)),
  ];
  let bytes = 0;
  let seen = 0;
  for (const part of memoryOf(proxy.pid)) {
    bytes += part.length;
    if (part.includes(`${asked}7.localhost`)) seen += 1;
    all.push(...found('memory', part, spellings));
  }
  expect({ all, isAll: bytes > 50_000_000, isSeen: seen > 0 }).toEqual({ all: [], isAll: true, isSeen: true });

  // They are listed all the same.
  expect(await statusOf(proxy.port, `http://${secrets[0]!.host}/`)).not.toBe(403);
  for (const { host, target } of secrets.slice(1))
    expect(await statusOf(proxy.port, `http://${host}${target}`)).toBe(403);
});
