/**
 * Forged repositories: whoever holds a mirror, and none of the keys, changes its files as he likes. No older list comes of it, none that nobody has
 * published, and no removal is undone; it is over as soon as the mirror is sound again. `npm run properties -- test/list/source/tuf/forged` searches
 * for PROPERTY_SECONDS.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { generateKeyPairSync, sign } from 'node:crypto';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { ListError } from '../../../../src/list/list-error.ts';
import { imageTerms } from '../../../../src/list/protected/image-layout.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../../../support/temporary-directory.ts';
import { TestNode } from './test-node.ts';
import { TestRepository } from './test-repository.ts';

type Files = ReadonlyMap<string, Uint8Array>;
type Json = Record<string, unknown>;

const FIRST = ['a.example', 'http://b.example/x', 'c.example'];
const SECOND = [...FIRST, 'd.example', 'e.example'];
/** What a node may have in force: version, entries, withdrawn ones. */
const PUBLISHED = new Set<string>();
/** The attacker's. */
const { privateKey } = generateKeyPairSync('ed25519');

let directory: TemporaryDirectory;
let repository: TestRepository;
let node: TestNode;
/** As it was served, oldest first. */
const stages: Files[] = [];
let sound: string;

beforeAll(async () => {
  directory = temporaryDirectory();
  repository = await TestRepository.create(directory.file('repository'));
  node = new TestNode(directory, repository);
  node.mayWarn = true;
  const stage = async (change: () => Promise<void>): Promise<void> => {
    await change();
    stages.push(new Map(repository.files));
    await node.update();
    PUBLISHED.add(inForce());
    if (stages.length !== 2) return;
    sound = directory.file('sound');
    cpSync(node.folder, sound, { recursive: true });
  };
  await stage(async () => await repository.publish(FIRST));
  await stage(async () => await repository.withdraw(['a.example']));
  await stage(async () => await repository.publish(SECOND));
  await stage(async () => await repository.withdraw(['a.example', 'c.example']));
  // A payload that cannot be had keeps no removal back.
  PUBLISHED.add('version 1, 1 entries, 2 withdrawn');
});
beforeEach(reset);
afterAll(() => {
  node.close();
  directory[Symbol.dispose]();
});

function inForce(): string {
  if (node.image === null) return 'nothing';
  const { version, entries, withdrawn } = imageTerms(node.image);
  return `version ${version}, ${entries} entries, ${withdrawn} withdrawn`;
}

/** The node as at the second stage, in front of the newest. */
function reset(): void {
  node.restart();
  rmSync(node.folder, { recursive: true, force: true });
  cpSync(sound, node.folder, { recursive: true });
  serve(stages.at(-1)!);
}

function serve(files: Files): void {
  rmSync(repository.folder, { recursive: true, force: true });
  for (const [path, bytes] of files) {
    const file = join(repository.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  }
}

/** One thing that an attacker does; numbers choose among whatever there is. */
const move = fc.record({
  kind: fc.constantFrom(
    'bit',
    'cut',
    'other file',
    'older stage',
    'older file',
    'gone',
    'value',
    'member',
    'signatures',
    'signed anew',
    'no metadata',
  ),
  which: fc.nat(),
  at: fc.nat(),
  value: fc.oneof(
    fc.integer(),
    fc.string(),
    fc.constantFrom(null, 1e308, -0, '', {}, [], true, '2020-01-01T00:00:00Z'),
  ),
});
type Move = Parameters<Parameters<typeof move.map>[0]>[0];

function forge(files: Map<string, Uint8Array>, { kind, which, at, value }: Move): void {
  const paths = [...files.keys()];
  const path = paths[which % paths.length] ?? '';
  const bytes = Buffer.from(files.get(path) ?? []);
  const metadata = paths.filter((one) => one.endsWith('.json'));
  const role = metadata[which % metadata.length] ?? '';
  switch (kind) {
    case 'bit':
      if (bytes.length > 0)
        bytes.writeUInt8(bytes.readUInt8(at % bytes.length) ^ (1 << (which & 7)), at % bytes.length);
      return void files.set(path, bytes);
    case 'cut':
      return void files.set(path, bytes.subarray(0, at % (bytes.length + 1)));
    case 'other file':
      return void files.set(path, files.get(paths[at % paths.length] ?? '') ?? bytes);
    case 'older stage':
      for (const [name, old] of stages[at % stages.length] ?? []) files.set(name, old);
      return;
    case 'older file':
      return void files.set(path, stages[at % stages.length]?.get(path) ?? bytes);
    case 'gone':
      return void files.delete(path);
    case 'value':
    case 'member':
    case 'signatures':
    case 'signed anew':
      return void files.set(role, Buffer.from(changed(files.get(role), { kind, which, at, value })));
    case 'no metadata':
      return void files.set(role, Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)));
  }
}

/** Its JSON with one thing in it changed. */
function changed(bytes: Uint8Array | undefined, { kind, which, at, value }: Move): string {
  const text = Buffer.from(bytes ?? []).toString();
  const json = parsed(text);
  if (json === null) return text;
  const holders = objectsIn(json);
  const holder = holders[at % holders.length] ?? json;
  const names = Object.keys(holder);
  const name = names[which % Math.max(1, names.length)] ?? 'x';
  if (kind === 'value')
    holder[name] = typeof holder[name] === 'number' ? holder[name] + (at % 2 === 0 ? 1 : -1) : value;
  if (kind === 'member') {
    if (at % 2 === 0) delete holder[name];
    else holder[typeof value === 'string' ? value : name] = value;
  }
  const signatures = Array.isArray(json['signatures']) ? (json['signatures'] as Json[]) : [];
  if (kind === 'signatures') json['signatures'] = resigned(signatures, which);
  if (kind === 'signed anew') {
    const said = json['signed'];
    if (isJson(said)) said['version'] = Number(said['version']) + (at % 3);
    const sig = sign(null, Buffer.from(JSON.stringify(said ?? null)), privateKey).toString('hex');
    for (const one of signatures) one['sig'] = sig;
  }
  return JSON.stringify(json);
}

function resigned(signatures: readonly Json[], which: number): readonly Json[] {
  switch (which % 4) {
    case 0:
      return [];
    case 1:
      return [...signatures, ...signatures];
    case 2:
      return signatures.map((one) => ({
        ...one,
        sig: String(one['sig']).toUpperCase(),
      }));
    default:
      return signatures.map((one) => ({ ...one, keyid: '0'.repeat(64) }));
  }
}

function parsed(text: string): Json | null {
  try {
    const value: unknown = JSON.parse(text);
    return isJson(value) ? value : null;
  } catch {
    return null;
  }
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null;
}

/** All that have members, itself first. */
function objectsIn(value: Json): readonly Json[] {
  return [value, ...Object.values(value).filter(isJson).flatMap(objectsIn)];
}

/** What it comes to: a fault of the list, or none. */
async function attempt(): Promise<void> {
  try {
    await node.update();
  } catch (error) {
    if (!(error instanceof ListError)) throw error;
    expect(error.code).not.toBe('internal');
  }
}

/** What was withdrawn stays so, and no version comes behind a newer one. */
function isNotBehind(now: string, before: string): void {
  expect(PUBLISHED).toContain(now);
  const figures = (text: string): number[] => [...text.matchAll(/\d+/g)].map(Number);
  const [[version = 0, , withdrawn = 0], [old = 0, , gone = 0]] = [figures(now), figures(before)];
  expect([version >= old, withdrawn >= gone]).toEqual([true, true]);
}

const seen = { refused: 0, taken: 0 };

test('nothing comes of them but what was published, in its order', async () => {
  const property = fc.asyncProperty(
    fc.array(move, { minLength: 1, maxLength: 6 }),
    fc.boolean(),
    async (moves, isNew) => {
      reset();
      // A node that has been there before has the list of the second stage in force.
      if (!isNew) {
        serve(stages[1]!);
        await node.update();
        expect(inForce()).toBe('version 1, 2 entries, 1 withdrawn');
      }
      const before = isNew ? 'version 1, 2 entries, 1 withdrawn' : inForce();
      const files = new Map(stages.at(-1));
      for (const each of moves) forge(files, each);
      serve(files);
      for (let poll = 0; poll < 2; poll += 1) await attempt();
      const during = inForce();
      isNotBehind(during, before);
      seen[during === before ? 'refused' : 'taken'] += 1;
      node.restart();
      await attempt();
      isNotBehind(inForce(), during);
      serve(stages.at(-1)!);
      for (let poll = 0; poll < 2; poll += 1) await node.update();
      expect(inForce()).toBe('version 2, 3 entries, 2 withdrawn');
    },
  );
  await fc.assert(property, { numRuns: 25 });
  expect(seen.refused).toBeGreaterThan(0);
  expect(seen.taken).toBeGreaterThan(0);
});
