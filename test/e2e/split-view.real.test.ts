/**
 * Requirement 75, whole: a publisher that gives one of two recipients another history. A node that asks for a witness never serves it, the witness and the
 * audit find it, a node that asks for none does when it is shown the other history; what it then has is evidence for whoever has the key of the log, by a
 * program that shares nothing with ours (Python). What every node serves is what the signed metadata say.
 */
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { cleanfeed, endAll } from '../commands/cli-process.ts';
import { verifyIndependently } from '../list/transparency/independent.ts';
import { ClearingHouse } from '../support/clearing-house.ts';
import { startOkOrigin } from '../support/ok-origin.ts';
import type { Origin } from '../support/origin.ts';
import { describeWith } from '../support/programs.ts';
import { countOf, pollNow, refusedOf, versionOf } from '../support/protected-node.ts';
import { startProxy, type ProxyProcess } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';

const RECIPIENTS = ['isp-a', 'isp-b'] as const;
const HOSTS = ['common', 'honest', 'secret', 'late'];
const NAME = 'witness.example/1';

describeWith(['python3'])('a publisher with two histories', () => {
  const resources = new Resources();
  let origin: Origin;
  let house: ClearingHouse;
  let thief: ClearingHouse;
  let logKey: string;
  let witnessKey: string;
  /** A node of isp-a, one of isp-b, and one of isp-b that asks for the witness. */
  let nodes: Record<'a' | 'b' | 'careful', ProxyProcess>;

  beforeAll(async () => {
    origin = resources.use(await startOkOrigin());
    house = resources.use(await ClearingHouse.begin(RECIPIENTS));
    await house.list('common');
    const inspected = JSON.parse(await house.publish('inspect', '--json')) as {
      readonly log: { readonly key: string };
    };
    logKey = inspected.log.key;
    witnessKey = (await publish('witness-key', '--name', NAME, '--key', house.file('w.pem'))).stdout.trim();
    expect(await cosigned(house)).toBe(0);
    for (const name of RECIPIENTS) house.deploy(name);
    nodes = { a: await start('isp-a'), b: await start('isp-b'), careful: await start('isp-b', [witnessKey]) };
    // The same keys, and the same history so far.
    thief = resources.use(house.stolen());
  });
  afterEach(endAll);
  afterAll(async () => await resources.end());

  async function publish(...words: readonly string[]): ReturnType<typeof cleanfeed> {
    return await cleanfeed(['publish', ...words]);
  }

  /** The witness looks at the head of a publisher, who publishes what it got. @returns how the witness ended. */
  async function cosigned({ folders }: ClearingHouse): Promise<number | null> {
    const head = join(folders.repo, 'log_head.json');
    const out = join(folders.keys, 'state/cosignatures/w');
    mkdirSync(join(folders.keys, 'state/cosignatures'), { recursive: true });
    const terms = ['--name', NAME, '--key', house.file('w.pem'), '--log', logKey, '--seen', house.file('seen')];
    const { code, stderr } = await publish('witness', head, ...terms, '-o', out);
    if (code === 0) await publish('refresh', '-r', folders.repo, '-k', folders.keys);
    else expect(stderr).toContain("the publisher's log has two histories");
    return code;
  }

  async function start(name: string, witnesses: readonly string[] = []): Promise<ProxyProcess> {
    const source = `tuf+file://${join(house.web, name)}`;
    const list = {
      name: 'national',
      source,
      root: house.root,
      identity: house.identity(name),
      witnesses,
      interval: '1h',
    };
    const proxy = await startProxy({ config: { lists: [list], control: { socket: './control.sock' } } });
    return resources.use(proxy);
  }

  /** What a node refuses, after a poll. */
  async function served(proxy: ProxyProcess): Promise<string> {
    await pollNow(proxy);
    return await refusedOf(proxy, origin, HOSTS);
  }

  /** The thief's repository in the place of the recipient's. */
  function deceive(name: string): void {
    rmSync(join(house.web, name), { recursive: true });
    cpSync(join(thief.folders.repo, name), join(house.web, name), { recursive: true });
  }

  /** The numbers that a node may show that serves a signed set of records, by the signed metadata in the web root and docs/list-format.md alone. */
  function signedContents(name: string): readonly number[] {
    const folder = join(house.web, name, 'metadata');
    const texts = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
    const digests = texts.flatMap((text) =>
      [...text.matchAll(/"digest": *"([0-9a-f]{64})"/g)].map(([, hex = '']) => hex),
    );
    // Nothing is withdrawn: it is the first set.
    const serial = Buffer.alloc(8);
    serial.writeBigUInt64LE(1n);
    return digests.map((digest) => {
      const hash = createHash('sha256').update('cleanfeed content 1\n').update(digest, 'hex').update(serial);
      return hash.digest().readUIntBE(0, 6);
    });
  }

  /** The largest head in the web root; its size stands in its name. */
  function newestHead(name: string): string {
    const size = (file: string): number => Number(/(\d+)\.head$/.exec(file)?.[1]);
    return house.files(name, '.head').toSorted((a, b) => size(b) - size(a))[0]!;
  }

  async function servesWhatIsSigned(proxy: ProxyProcess, name: string): Promise<void> {
    const { content } = (await proxy.status()).lists[0]!;
    expect(signedContents(name)).toContain(content);
  }

  test('at first all see the same, and serve what is signed', async () => {
    expect([await served(nodes.a), await served(nodes.b), await served(nodes.careful)]).toEqual(
      Array<string>(3).fill('common'),
    );
    await servesWhatIsSigned(nodes.a, 'isp-a');
    await servesWhatIsSigned(nodes.b, 'isp-b');
    await servesWhatIsSigned(nodes.careful, 'isp-b');
  });

  test('the other history is not cosigned: a node that asks for that never serves it', async () => {
    await house.list('common', 'honest');
    expect(await cosigned(house)).toBe(0);
    await thief.list('common', 'secret');
    expect(await cosigned(thief)).toBe(1);
    house.deploy('isp-a');
    deceive('isp-b');
    expect([await served(nodes.a), await served(nodes.b), await served(nodes.careful)]).toEqual([
      'commonhonest',
      'commonsecret',
      'common',
    ]);
    // More than once, where its own look came before the one that was asked for.
    expect(await countOf(nodes.careful, 'log_witness')).toBeGreaterThan(0);
    expect(await versionOf(nodes.careful)).toBe('1');
    await servesWhatIsSigned(nodes.b, 'isp-b');
  });

  test('an audit by the events of either history finds the repository of the other', async () => {
    const [mine, theirs] = [house.file('shown'), thief.file('shown')];
    for (const [shown, other] of [
      [mine, thief],
      [theirs, house],
    ] as const) {
      const own = other === thief ? house : thief;
      cpSync(join(own.folders.repo), shown, { recursive: true });
      const sound = await publish('audit', '-r', shown, '-k', own.folders.keys);
      expect([sound.code, sound.stderr]).toEqual([0, '']);
      rmSync(join(shown, 'isp-b'), { recursive: true });
      cpSync(join(other.folders.repo, 'isp-b'), join(shown, 'isp-b'), { recursive: true });
      const { code, stdout } = await publish('audit', '-r', shown, '-k', own.folders.keys);
      expect(code).toBe(1);
      const different = stdout.split('\n').filter((line) => line.startsWith('DIFFERENT'));
      expect(different).toEqual([
        expect.stringMatching(/^DIFFERENT +isp-b, version 2, .* the repository has this digest/),
      ]);
    }
  });

  test('a node that took it finds out when it is given the other one, and keeps what is evidence', async () => {
    const kept = join(house.web, 'isp-b');
    const before = newestHead('isp-b');
    writeFileSync(house.file('before.json'), readFileSync(join(kept, before)));
    await house.list('common', 'honest', 'late');
    await cosigned(house);
    house.deploy('isp-b');
    expect(await served(nodes.b)).toBe('commonsecret');
    expect(nodes.b.logged('list.failed').at(-1)).toMatchObject({ code: 'log_fork' });
    const now = newestHead('isp-b');
    const both = await verifyIndependently(join(kept, now), logKey, '', house.file('before.json'));
    expect([both.exit, both.lines.at(-1)]).toEqual([1, 'does not hold: that it extends the older head']);
    // Who has waited is given the honest one.
    expect(await served(nodes.careful)).toBe('commonhonestlate');
    await servesWhatIsSigned(nodes.careful, 'isp-b');
  });
});
