/**
 * Requirement 43 for every kind of list, in whole processes: each rule of the gate keeps a version out, at the first load too, and what was in
 * force stays. A list that only some clients have, and one that only counts, are asked as all others are.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from '@jest/globals';
import { build } from '../../src/publish/build.ts';
import { commandsInOneProcess } from '../commands/commands-in-one-process.ts';
import { ClearingHouse } from '../support/clearing-house.ts';
import { ListServer } from '../support/list-server.ts';
import { startOkOrigin } from '../support/ok-origin.ts';
import { describeWith } from '../support/programs.ts';
import { spawnProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { rawClient } from '../support/raw-client.ts';
import { Resources } from '../support/resources.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const cleanfeed = commandsInOneProcess();
const DAY_MS = 86_400_000;

/** More than a thousand entries: from there on sizes are compared. */
const filler = (count: number): string =>
  Array.from({ length: count }, (_, i) => `http://filler${i}.example/page\n`).join('');
const GOOD = `a.localhost/listed\n${filler(1200)}`;
const CANARIES = 'canary.example\nhttp://page.example/dir/free\n';
const PROTECTED = 'mine.example\nbelow.guarded.example\n';

interface Odd {
  readonly rule: string;
  readonly text: string;
  readonly code: string;
}

const ODD: readonly Odd[] = [
  { rule: 'a canary, by its host', text: `${GOOD}canary.example\n`, code: 'canary' },
  { rule: 'a canary, by a directory', text: `${GOOD}page.example/dir/*\n`, code: 'canary' },
  { rule: 'a public suffix', text: `${GOOD}*.co.zw\n`, code: 'public_suffix' },
  { rule: 'a suffix of the private section', text: `${GOOD}github.io\n`, code: 'public_suffix' },
  { rule: 'a top-level domain', text: `${GOOD}com\n`, code: 'public_suffix' },
  { rule: 'a shipped protected host', text: `${GOOD}www.google.com\n`, code: 'protected_host' },
  { rule: 'a protected host of the operator', text: `${GOOD}mine.example\n`, code: 'protected_host' },
  { rule: 'what is above a protected host', text: `${GOOD}*.guarded.example\n`, code: 'protected_host' },
  { rule: 'growth', text: `${GOOD}${filler(1900).replaceAll('filler', 'more')}`, code: 'growth' },
  { rule: 'shrinking', text: `a.localhost/listed\n${filler(500)}`, code: 'shrink' },
];

/** Where a list comes from, and what a node is told of that. */
interface Place {
  readonly keys: object;
  readonly environment?: Readonly<Record<string, string>>;
  readonly serve: (text: string) => Promise<void>;
}

const resources = new Resources();
afterEach(async () => await resources.end());

function folder(): ReturnType<typeof temporaryDirectory> {
  return resources.use(temporaryDirectory());
}

/** The publisher's own check of it is lenient: the node's is shown here. */
async function compiled(text: string): Promise<Buffer> {
  const directory = folder();
  const [input, output, exceptions] = ['in.txt', 'out.list', 'exceptions.txt'].map((name) => directory.file(name));
  writeFileSync(input!, text);
  writeFileSync(exceptions!, '!www.google.com\n');
  const words = ['list', 'compile', input!, '-o', output!, '--suffixes', 'warn', '--protected', exceptions!];
  expect(await cleanfeed(words)).toMatchObject({ code: 0 });
  return readFileSync(output!);
}

function inFile(make: (text: string) => Promise<string | Buffer>): Place {
  const directory = folder();
  return {
    keys: { source: directory.file('list.any') },
    serve: async (text) => {
      writeFileSync(directory.file('list.new'), await make(text));
      renameSync(directory.file('list.new'), directory.file('list.any'));
    },
  };
}

async function fromServer(make: (text: string) => Promise<string | Buffer>): Promise<Place> {
  const server = resources.use(await ListServer.start(''));
  return {
    keys: { source: server.url, interval: '1h' },
    environment: server.environment,
    serve: async (text) => server.serve(await make(text)),
  };
}

async function published(): Promise<Place> {
  const house = resources.use(await ClearingHouse.begin(['isp-a']));
  return {
    keys: {
      source: `tuf+file://${house.web}/isp-a/`,
      root: house.root,
      identity: house.identity('isp-a'),
      interval: '1h',
    },
    serve: async (text) => {
      await house.open(Date.now(), async (publisher) => {
        const terms = { today: Math.floor(publisher.now / DAY_MS), suffixes: 'warn', isRelisted: false } as const;
        const built = build(Buffer.from(text), publisher.state, terms);
        if (!built.ok) throw new Error(JSON.stringify(built.errors));
        const { additions: added, removals: removed } = built.changeSet;
        await publisher.commitVersion({ added, removed, changeSet: 'digest', approvedBy: [] });
      });
      house.deploy('isp-a');
    },
  };
}

const asItIs = async (text: string): Promise<string> => await Promise.resolve(text);

const KINDS: readonly {
  readonly kind: string;
  readonly place: () => Promise<Place>;
  readonly keys?: object;
  readonly odd?: readonly Odd[];
}[] = [
  { kind: 'a text file', place: async () => await Promise.resolve(inFile(asItIs)) },
  {
    kind: 'a text file that only counts',
    place: async () => await Promise.resolve(inFile(asItIs)),
    keys: { action: 'count' },
    // It refuses nobody (docs/adr/0027-analytics-hosts-stay-protected.md).
    odd: ODD.filter(({ code }) => code !== 'protected_host'),
  },
  { kind: 'a text over https', place: async () => await fromServer(asItIs) },
  {
    kind: 'a text over https that a group of clients has',
    place: async () => await fromServer(asItIs),
    keys: { optIn: true },
  },
  { kind: 'a compiled file', place: async () => await Promise.resolve(inFile(compiled)) },
  { kind: 'a compiled file over https', place: async () => await fromServer(compiled) },
  { kind: 'a protected list', place: published },
];

async function start({ keys, environment = {} }: Place, more: object): Promise<ProxyProcess> {
  const directory = folder();
  writeFileSync(directory.file('canaries.txt'), CANARIES);
  writeFileSync(directory.file('protected.txt'), PROTECTED);
  const gate = { canaries: directory.file('canaries.txt'), protected: directory.file('protected.txt') };
  return await spawnProxy({
    config: {
      lists: [{ name: 'own', action: 'block', gate, ...keys, ...more }],
      policies: [{ name: 'group', clients: ['127.0.0.2/32'], lists: ['own'] }],
      control: { socket: './control.sock' },
    },
    environment,
  });
}

describeWith(['nginx'])('the gate', () => {
  describe.each(KINDS)('of $kind', ({ place, keys: more = {}, odd = ODD }) => {
    test('keeps out what each rule is about, at the first load and later', async () => {
      await using origin = await startOkOrigin();
      const source = await place();
      await source.serve(ODD[0]!.text);
      await using proxy = await start(source, more);
      await proxy.told('process.not_ready');
      expect(await proxy.admin('/readyz')).toMatchObject({
        status: 503,
        body: expect.stringContaining('it covers 1 canary; the first is line 1 of canaries.txt'),
      });
      await source.serve(GOOD);
      await cleanfeed(['ctl', 'reload', '-s', proxy.file('control.sock')]);
      await proxy.ready();
      for (const { rule, text, code } of odd) {
        const counted = `cleanfeed_list_rejected_total{list="own",reason="${code}"}`;
        const before = (await proxy.metrics()).get(counted) ?? 0;
        await source.serve(text);
        expect({ rule, ...(await cleanfeed(['ctl', 'reload', '-s', proxy.file('control.sock')])) }).toMatchObject({
          rule,
          code: 65,
        });
        // Of a file twice, where its own look came before the reload.
        expect({ rule, isCounted: ((await proxy.metrics()).get(counted) ?? 0) > before }).toEqual({
          rule,
          isCounted: true,
        });
        expect((await proxy.status()).lists[0]).toMatchObject({ entries: 1201 });
      }
      await using client = await rawClient(proxy.port, '127.0.0.1', '127.0.0.2');
      client.request(`http://a.localhost:${origin.port}/listed`);
      expect((await client.response()).status).toBe('action' in more ? 200 : 403);
    });
  });
});
