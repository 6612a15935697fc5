/** A list whose server moves: the former address becomes a mirror, and what was remembered under it stays, pins and removals above all. */
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { imageTerms } from '../../../../src/list/protected/image-layout.ts';
import type { ListSource } from '../../../../src/list/source/source.ts';
import { adoptFormer } from '../../../../src/list/source/tuf/former-store.ts';
import { openTuf } from '../../../../src/list/source/tuf/open-tuf.ts';
import { storeFolder } from '../../../../src/list/source/tuf/store.ts';
import { withdraw } from '../../../../src/publish/withdraw.ts';
import { memoryLog } from '../../../support/memory-log.ts';
import { nodeTerms } from '../../../publish/node-terms.ts';
import { Publishing } from '../../../publish/publishing.ts';

let publishing: Publishing;
const open: ListSource[] = [];
const state = (): string => publishing.file('state');
const former = (): string => join(publishing.folders.repo, 'isp-a');
const moved = (): string => publishing.file('moved');

beforeEach(async () => {
  publishing = await Publishing.begin();
  await publishing.recipient('isp-a');
  await publishing.commit(['a.example', 'wrong.example']);
  writeFileSync(publishing.file('root.json'), publishing.root());
  writeFileSync(publishing.file('node.age'), publishing.identity('isp-a'), { mode: 0o600 });
});
afterEach(() => {
  open.splice(0).forEach((source) => source.close());
  publishing[Symbol.dispose]();
});

function source(...paths: readonly string[]): ListSource {
  const terms = nodeTerms(paths, publishing.file('root.json'), publishing.file('node.age'));
  const now = (): number => publishing.now;
  const instance = { log: memoryLog(), now, earliest: now };
  const made = openTuf(terms, { name: 'national', stateDirectory: state(), owner: 'test', instance });
  open.push(made);
  return made;
}

/** @returns version and withdrawn entries of what comes into force. */
async function given(list: ListSource): Promise<readonly [number, number]> {
  const read = await list.read();
  if (!('bytes' in read)) throw new Error(`it gives ${read.kind}`);
  await list.accepted(read.bytes);
  const { version, withdrawn } = imageTerms(read.bytes);
  return [version, withdrawn];
}

// Was a fault: a pinned list took the newest version, and a start found no list at all while the new server did not answer.
test('with the former address as a mirror, what is pinned stays pinned, and the list is there before the new server answers', async () => {
  const before = source(former());
  await given(before);
  await publishing.commit(['a.example', 'wrong.example', 'b.example']);
  await given(before);
  await before.rollback();
  await publishing.open(async (publisher) => await withdraw(publisher, ['wrong.example']));
  await given(before);
  before.close();
  renameSync(former(), publishing.file('away'));
  const after = source(moved(), former());
  expect(await given(after)).toEqual([1, 1]);
  expect(after.versions).toMatchObject({ pinned: '1', withdrawn: 1 });
  // The server comes up; what it has is followed from there.
  renameSync(publishing.file('away'), moved());
  await after.release?.();
  expect(await given(after)).toEqual([2, 1]);
});

test('an older copy under the new address is refused, as it was under the former one', async () => {
  const copy = publishing.file('older');
  cpSync(former(), copy, { recursive: true });
  await publishing.commit(['a.example']);
  await given(source(former()));
  const after = source(copy, former());
  expect(await given(after)).toEqual([2, 0]);
  // Without what is in force a read gives it again: the copy's version 1 it never is.
  await expect(after.read()).resolves.toMatchObject({ version: { label: '2' } });
});

test('what another instance has is not taken, nor what is older, nor what is damaged', async () => {
  await given(source(former()));
  const from = storeFolder(state(), 'national', former());
  const [target, damaged] = [publishing.file('target'), publishing.file('damaged')];
  await adoptFormer(target, [from], 'somebody else');
  mkdirSync(damaged);
  writeFileSync(join(damaged, 'state.json'), '{');
  await adoptFormer(target, [damaged, publishing.file('none')], 'test');
  expect(existsSync(target)).toBe(false);
  await adoptFormer(target, [damaged, from], 'test');
  const text = readFileSync(join(from, 'state.json'), 'utf8');
  expect(readFileSync(join(target, 'state.json'), 'utf8')).toBe(text);
  const newer = text.replace(/"heardAt":(\d+)/, (_, time) => `"heardAt":${Number(time) + 1}`);
  writeFileSync(join(target, 'state.json'), newer);
  await adoptFormer(target, [from], 'test');
  expect(readFileSync(join(target, 'state.json'), 'utf8')).toBe(newer);
});
