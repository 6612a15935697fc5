/**
 * The repository in vectors/, which other implementations are tested with: our node loads it, python3-tuf and Debian's `age` read it by the documents
 * alone, and its generator makes another one.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { imageTerms } from '../../src/list/protected/image-layout.ts';
import { openTuf } from '../../src/list/source/tuf/open-tuf.ts';
import { memoryLog } from '../support/memory-log.ts';
import { describeWith } from '../support/programs.ts';
import { hasPythonTuf, PYTHON } from '../support/python-tuf.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';
import { nodeTerms } from './node-terms.ts';
import { makeRepository, RECIPIENT } from './vectors/make-repository.ts';

const VECTORS = join(import.meta.dirname, 'vectors');
const withPython = describeWith(hasPythonTuf() ? ['age'] : ['age', 'python3-tuf']);

interface Expected {
  readonly versions: readonly { readonly version: number; readonly entries: number; readonly digest: string }[];
  readonly withdrawn: { readonly serial: number; readonly ids: number };
}

let directory: TemporaryDirectory;

beforeEach(() => {
  directory = temporaryDirectory();
});
afterEach(() => {
  directory[Symbol.dispose]();
});

function expectedIn(folder: string): Expected {
  const expected: Expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'));
  return expected;
}

/** Payloads of the repository, without what is drawn at random. */
function namesIn(folder: string): readonly string[] {
  const names = readdirSync(join(folder, 'repository'), { recursive: true, encoding: 'utf8' });
  const payloads = names.filter((name) => /\.(?:full|delta|set)$/.test(name));
  return payloads.map((name) => name.replace(/[0-9a-f]{64}/, 'DIGEST')).sort();
}

test('our node loads it', async () => {
  // Git keeps no mode that an identity must have.
  copyFileSync(join(VECTORS, 'node.age'), directory.file('node.age'));
  execFileSync('chmod', ['600', directory.file('node.age')]);
  const repository = join(VECTORS, 'repository', RECIPIENT);
  const terms = nodeTerms([repository], join(VECTORS, 'root.json'), directory.file('node.age'));
  const options = { name: 'published', stateDirectory: directory.file('state'), owner: 'test' };
  const source = openTuf(terms, { ...options, instance: { log: memoryLog(), now: Date.now, earliest: Date.now } });
  const read = await source.read();
  source.close();
  if (read.kind !== 'list') throw new Error(`it gives ${read.kind}`);
  const { versions, withdrawn } = expectedIn(VECTORS);
  const { version, entries, digest, withdrawnSerial } = imageTerms(read.bytes);
  expect({ version, entries: entries + withdrawn.ids, digest: Buffer.from(digest).toString('hex') }).toEqual(
    versions.at(-1),
  );
  expect(withdrawnSerial).toBe(withdrawn.serial);
});

withPython('python3-tuf and age', () => {
  const check = (folder: string): string =>
    execFileSync(PYTHON, [join(VECTORS, 'check.py'), folder], { encoding: 'utf8' });

  test('read it by the documents alone', () => {
    expect(check(VECTORS)).toContain('as expected: host1.example/page1.html: not listed');
  });

  test('read what the generator makes anew', async () => {
    await makeRepository(directory.path);
    expect(namesIn(directory.path)).toEqual(namesIn(VECTORS));
    const entriesOf = (folder: string): readonly number[] => expectedIn(folder).versions.map(({ entries }) => entries);
    expect(entriesOf(directory.path)).toEqual(entriesOf(VECTORS));
    expect(check(directory.path)).toContain('as expected: new.example/page.html?x=1: listed');
  });
});
