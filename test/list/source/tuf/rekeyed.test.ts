/**
 * A recipient that gets other keys, as its nodes see it: chains of deltas before and behind, nodes that were away meanwhile, versions of before to which an
 * operator goes back; and whatever is withdrawn, before or behind, stays withdrawn on all of them.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ListError } from '../../../../src/list/list-error.ts';
import { imageTerms } from '../../../../src/list/protected/image-layout.ts';
import { ALONE } from '../../../../src/list/source/source.ts';
import { openTuf } from '../../../../src/list/source/tuf/open-tuf.ts';
import type { TufSource } from '../../../../src/list/source/tuf/tuf-source.ts';
import { rekeyRecipient } from '../../../../src/publish/recipient-changes.ts';
import { withdraw } from '../../../../src/publish/withdraw.ts';
import { memoryLog } from '../../../support/memory-log.ts';
import { nodeTerms } from '../../../publish/node-terms.ts';
import { DAY, Publishing } from '../../../publish/publishing.ts';

const ISP = 'isp-a';
/** So many that versions come as deltas too. */
const FILLER = Array.from({ length: 6000 }, (_, i) => `http://filler${i}.example/page`);
const LIST = ['wrong.example', 'odd.example', ...FILLER];

let publishing: Publishing;
const nodes: IspNode[] = [];

beforeEach(async () => {
  publishing = await Publishing.begin();
  await publishing.recipient(ISP);
  writeFileSync(publishing.file('root.json'), publishing.root());
  await publishing.commit(LIST);
  await publishing.commit([...LIST, 'second.example']);
});
afterEach(() => {
  nodes.splice(0).forEach((node) => node.restart());
  publishing[Symbol.dispose]();
});

class IspNode {
  readonly #name: string;
  #source: TufSource | null = null;
  #image: Uint8Array | null = null;

  readonly #delayMs: number;

  /** With the first identity that the recipient has had. */
  constructor(name: string, delayMs = 0) {
    this.#name = name;
    this.#delayMs = delayMs;
    this.hold(0);
    nodes.push(this);
  }

  /** Its identities are these, by their order. */
  hold(...which: readonly number[]): void {
    const texts = which.map((i) => `${publishing.identities(ISP)[i]}\n`);
    writeFileSync(publishing.file(`${this.#name}.age`), texts.join(''), { mode: 0o600 });
  }

  restart(): void {
    this.#source?.close();
    this.#source = this.#image = null;
  }

  get source(): TufSource {
    const now = (): number => publishing.now;
    const repository = join(publishing.folders.repo, ISP);
    const identity = publishing.file(`${this.#name}.age`);
    const terms = { ...nodeTerms([repository], publishing.file('root.json'), identity), delayMs: this.#delayMs };
    const place = { name: 'national', stateDirectory: publishing.file(this.#name), owner: 'test' };
    this.#source ??= openTuf(terms, { ...place, instance: { log: memoryLog(), now, earliest: now } });
    return this.#source;
  }

  /** The version in force after a look, and how many entries of one more than LIST it lacks; behind them what is wrong. */
  async look(): Promise<string> {
    let fault = '';
    try {
      const read = await this.source.read({ ...ALONE, inForce: this.#image });
      if ('bytes' in read) {
        this.#image = read.bytes;
        await this.source.accepted(read.bytes);
        fault = read.kind === 'cached' ? (read.fault?.code ?? '') : '';
      }
    } catch (error) {
      if (!(error instanceof ListError)) throw error;
      fault = error.message.includes("'ctl release' takes the newest") ? `${error.code}, release` : error.code;
    }
    if (this.#image === null) return `nothing ${fault}`.trim();
    await this.source.withdraw(this.#image, ALONE.rest);
    const { version, entries } = imageTerms(this.#image);
    return `${version} less ${LIST.length + 1 - entries} ${fault}`.trim();
  }
}

async function rekey(overlap: number): Promise<void> {
  const age = await publishing.newIdentity(ISP);
  await publishing.open(async (publisher) => await rekeyRecipient(publisher, ISP, { age, overlap }));
}

async function take(line: string): Promise<void> {
  await publishing.open(async (publisher) => await withdraw(publisher, [line]));
}

test('a node that follows: by deltas, through the other keys, and by deltas again', async () => {
  const node = new IspNode('node');
  expect(await node.look()).toBe('2 less 0');
  await take('wrong.example');
  expect(await node.look()).toBe('2 less 1');
  await rekey(14 * DAY);
  expect(await node.look()).toBe('3 less 1');
  await publishing.commit([...LIST, 'fourth.example']);
  expect([...publishing.repository(ISP).targets.keys()]).toContain('match/1/1/4.delta');
  expect(await node.look()).toBe('4 less 1');
  node.hold(1);
  await take('odd.example');
  expect(await node.look()).toBe('4 less 2');
  node.restart();
  expect([await node.look(), await node.look()]).toEqual(['4 less 2', '4 less 2']);
});

test.each([
  { overlap: 14 * DAY, held: [0], finds: '4 less 2' },
  { overlap: 14 * DAY, held: [1], finds: '4 less 2' },
  { overlap: 0, held: [0, 1], finds: '4 less 2' },
])(
  'a node that was away while keys, list and withdrawn entries changed: $overlap, $held',
  async ({ overlap, held, finds }) => {
    const node = new IspNode('node');
    expect(await node.look()).toBe('2 less 0');
    node.restart();
    await take('wrong.example');
    await rekey(overlap);
    await publishing.commit([...LIST, 'fourth.example']);
    await take('odd.example');
    node.hold(...held);
    await node.look();
    expect(await node.look()).toBe(finds);
  },
);

test('a node with the former identity alone keeps what it has, and takes the rest when it has the new one', async () => {
  const node = new IspNode('node');
  await node.look();
  await rekey(0);
  await take('wrong.example');
  expect(await node.look()).toBe('2 less 0 decrypt');
  node.hold(1);
  expect(await node.look()).toBe('3 less 1');
});

test('a node of a ring that is started with the new identity alone takes the newest at once: it has no list otherwise', async () => {
  const node = new IspNode('node', 3_600_000);
  await node.look();
  await rekey(0);
  node.hold(1);
  node.restart();
  expect([await node.look(), await node.look()]).toEqual(['nothing decrypt', '3 less 0']);
});

test('an operator goes back behind the other keys as long as the node has the former identity; else it says what to do', async () => {
  const node = new IspNode('node');
  await node.look();
  await rekey(14 * DAY);
  expect(await node.look()).toBe('3 less 0');
  await node.source.rollback();
  expect(await node.look()).toBe('2 less 0');
  await take('wrong.example');
  expect(await node.look()).toBe('2 less 1');
  node.hold(1);
  node.restart();
  expect(await node.look()).toBe('nothing decrypt, release');
  expect(await node.look()).toBe('nothing decrypt, release');
  node.hold(0, 1);
  expect(await node.look()).toBe('2 less 1');
  node.hold(1);
  await node.source.release();
  expect(await node.look()).toBe('3 less 1');
});
