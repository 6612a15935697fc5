/**
 * Requirement 82 in protected lists: a list in which an entry has `fold=info` is published in format 2, any other in format 1 as before. A node of
 * the last release keeps the version before and says why; one of today goes from one format to the other and back.
 */
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { imageTerms, readImage } from '../../src/list/protected/image-layout.ts';
import { readPayloadHeader } from '../../src/list/protected/payload-header.ts';
import { Matcher } from '../../src/match/matcher.ts';
import { imageOf } from '../../src/match/segment-records.ts';
import { openSnapshot } from '../../src/match/snapshot.ts';
import { Judge } from '../../src/policy/judge.ts';
import { audit } from '../../src/publish/log/audit.ts';
import { withdraw } from '../../src/publish/withdraw.ts';
import { TestNode } from '../list/source/tuf/test-node.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';
import { Publishing } from './publishing.ts';
import { decrypted } from './verified-repository.ts';

const PLAIN = ['http://a.example/page.php?id=5', 'b.example'];
const WITH_INFO = ['http://a.example/page.php?id=5 fold=info', 'b.example'];

let publishing: Publishing;
let directories: TemporaryDirectory[];
let nodes: { readonly today: TestNode; readonly last: TestNode };

beforeEach(async () => {
  publishing = await Publishing.begin({ now: Date.now() });
  await publishing.recipient('isp-a');
  await publishing.commit(PLAIN);
  directories = [temporaryDirectory(), temporaryDirectory()];
  const [today, last] = directories.map(
    (directory) =>
      new TestNode(directory, {
        folder: join(publishing.folders.repo, 'isp-a'),
        identity: publishing.identity('isp-a'),
        root: () => publishing.root(),
      }),
  );
  nodes = { today: today!, last: last! };
  nodes.last.format = 1;
  await nodes.today.update();
  await nodes.last.update();
});
afterEach(() => {
  nodes.today.close();
  nodes.last.close();
  for (const directory of directories) directory[Symbol.dispose]();
  publishing[Symbol.dispose]();
});

const paths = (): string[] =>
  [...publishing.repository('isp-a').targets.keys()].filter((path) => path.startsWith('match/')).sort();

function blocks(image: Uint8Array, target: string): boolean {
  const matcher = new Matcher({ cacheEntries: 1 });
  matcher.use(openSnapshot([imageOf(readImage(image).parts.segment, 0)]));
  const judge = new Judge(matcher, [{ action: 'block' }]);
  const facts = matcher.lookup('a.example')!;
  return judge.url(facts, target, { port: 80, listMask: -1, today: 20_000 }).action === 'block';
}

test('a list without the fold is published as it was', () => {
  expect(paths()).toEqual(['match/1/1/1.full']);
});

test('a node of today follows to the other format and back', async () => {
  await publishing.commit(WITH_INFO);
  expect(paths()).toEqual(['match/2/1/2.full']);
  expect(await nodes.today.update()).toMatchObject({ kind: 'list', version: 2, fault: null });
  expect(blocks(nodes.today.image!, '/page.php/x?id=5')).toBe(true);
  expect(blocks(nodes.today.image!, '/page.php/x?id=6')).toBe(false);
  nodes.today.restart();
  expect(await nodes.today.update()).toMatchObject({ version: 2 });
  await publishing.commit(PLAIN);
  expect(paths()).toEqual(['match/1/1/3.full']);
  expect(await nodes.today.update()).toMatchObject({ kind: 'list', version: 3, fault: null });
  expect(blocks(nodes.today.image!, '/page.php/x?id=5')).toBe(false);
  expect(blocks(nodes.today.image!, '/page.php?id=5')).toBe(true);
  expect(nodes.today.faults).toEqual([]);
});

test('a node of the last release keeps the version before, says why, and goes on taking removals', async () => {
  await publishing.commit(WITH_INFO);
  await expect(nodes.last.update()).rejects.toMatchObject({
    code: 'unsupported',
    message:
      'the repository offers version 2 in format 2, canonical form 1; this program reads formats up to 1, canonical form 1',
  });
  expect(imageTerms(nodes.last.image!).version).toBe(1);
  nodes.last.restart();
  expect(await nodes.last.update()).toMatchObject({ version: 1 });
  await expect(nodes.last.update()).rejects.toMatchObject({ code: 'unsupported' });
  await publishing.open(async (publisher) => await withdraw(publisher, ['b.example'], true));
  await nodes.last.update();
  expect(imageTerms(nodes.last.image!)).toMatchObject({ version: 1, withdrawn: 1 });
});

test('an auditor makes the same records in that format', async () => {
  await publishing.commit(WITH_INFO);
  const differences: string[] = [];
  for await (const { what, difference } of audit(publishing.folders))
    if (difference !== null) differences.push(`${what}: ${difference}`);
  expect(differences).toEqual([]);
});

test('a long list goes on by deltas in the other format', async () => {
  const lines = Array.from({ length: 6000 }, (_, i) => `http://host${i}.example/page.php`);
  await publishing.commit([...lines, ...WITH_INFO]);
  await nodes.today.update();
  await publishing.commit([...lines, ...WITH_INFO, 'http://c.example/x.cgi?* fold=case,info']);
  expect(paths()).toEqual(['match/2/1/2.full', 'match/2/1/3.delta']);
  const delta = publishing.repository('isp-a').targets.get('match/2/1/3.delta')!;
  expect(delta.custom).toMatchObject({ format: 2, version: 3, previous: 2 });
  expect(readPayloadHeader(await decrypted(publishing.identity('isp-a'), delta.bytes)).format).toBe(2);
  expect(await nodes.today.update()).toMatchObject({ version: 3, fault: null });
  expect(blocks(nodes.today.image!, '/page.php/x?id=5')).toBe(true);
});
