/** Head files: read as written, and anything else is none. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  extendsCheckpoint,
  headFileBytes,
  provesLeaf,
  readHeadFile,
} from '../../../src/list/transparency/head-file.ts';
import { TestLog } from './logs.ts';

const log = new TestLog();
log.add(...Array.from({ length: 21 }, (_, at) => ({ kind: 'added', at })));
const older = readHeadFile(log.branch(13).head())!;
const bytes = log.head({ from: [13], open: [4, 20] });
const file = readHeadFile(bytes)!;

describe('a head file', () => {
  test('is read as it was written', () => {
    expect(headFileBytes(file)).toEqual(bytes);
    expect(file.checkpoint.size).toBe(21);
    expect(file.leaves.map(({ index }) => index)).toEqual([4, 20]);
  });

  test('proves what it has hashes for', () => {
    expect(extendsCheckpoint(file, older.checkpoint)).toBe(true);
    expect(extendsCheckpoint(file, { ...older.checkpoint, root: Buffer.alloc(32) })).toBe(false);
    expect(extendsCheckpoint(file, { ...older.checkpoint, size: 12 })).toBeNull();
    expect(file.leaves.map((leaf) => provesLeaf(file, leaf))).toEqual([true, true]);
  });

  test('proves no leaf with another event, salt or place, nor one without hashes', () => {
    const [leaf] = file.leaves;
    const other = Buffer.alloc(32, 1).toString('base64');
    expect(provesLeaf(file, { ...leaf!, event: '{"kind":"added","at":5}' })).toBe(false);
    expect(provesLeaf(file, { ...leaf!, salt: other })).toBe(false);
    expect(provesLeaf(file, { ...leaf!, index: 20 })).toBe(false);
    expect(provesLeaf(file, log.leaves[9]!)).toBe(false);
    expect(provesLeaf(file, { ...leaf!, index: -1 })).toBe(false);
  });

  const text = bytes.toString();
  test.each([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['another format', text.replace('head 1', 'head 2')],
    ['no note', text.replace('\u{2014} ', '- ')],
    ['no checkpoint', text.replace('\\n21\\n', '\\n021\\n')],
    ['a hash that is none', text.replace(/("\d+-\d+": ")../, '$1')],
    ['hashes as a list', text.replace(/"hashes": \{[^}]*\}/, '"hashes": []')],
    ['a leaf without a salt', text.replace('"salt"', '"pepper"')],
    ['leaves that are none', text.replace(/"leaves": \[[^\]]*\]/, '"leaves": [1]')],
    ['no leaves', text.replace(/"leaves"/, '"leafs"')],
  ])('%s is none', (_what, altered) => {
    expect(altered).not.toBe(text);
    expect(readHeadFile(Buffer.from(altered))).toBeNull();
  });

  test('with any byte altered it proves nothing else', () => {
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, value) => {
        const altered = Buffer.from(bytes);
        altered[at] = value;
        const read = readHeadFile(altered);
        const proved = read?.leaves.filter((leaf) => provesLeaf(read, leaf)) ?? [];
        for (const leaf of proved) expect(log.leaves).toContainEqual(leaf);
      }),
      { numRuns: 1000 },
    );
  });

  test('a salt has one spelling: what Node would read all the same proves nothing', () => {
    const read = readHeadFile(bytes);
    const [leaf] = read?.leaves ?? [];
    if (read === null || leaf === undefined) throw new Error('no leaf');
    expect(provesLeaf(read, leaf)).toBe(true);
    expect(provesLeaf(read, { ...leaf, salt: leaf.salt.replace('=', '{') })).toBe(false);
  });
});
