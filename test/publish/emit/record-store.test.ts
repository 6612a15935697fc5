import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { AT, RECORD_BYTES } from '../../../src/list/protected/record.ts';
import { combined, RecordStore } from '../../../src/publish/emit/record-store.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../../support/temporary-directory.ts';

const digest = (number: number): string => number.toString(16).padStart(64, '0');

/** Records with these ids, whose fingerprints are in the same order. */
function records(...ids: readonly number[]): Uint8Array {
  const bytes = Buffer.alloc(ids.length * RECORD_BYTES);
  for (const [row, id] of ids.entries()) {
    bytes.writeUInt32LE(id, row * RECORD_BYTES + AT.high);
    bytes.writeUInt32LE(id, row * RECORD_BYTES + AT.idLow);
  }
  return new Uint8Array(bytes);
}
const idsIn = (bytes: Uint8Array): number[] =>
  Array.from({ length: bytes.length / RECORD_BYTES }, (_, row) =>
    new DataView(bytes.buffer, bytes.byteOffset).getUint32(row * RECORD_BYTES + AT.idLow, true),
  );
const change = (removals: readonly number[], additions: readonly number[]) => ({
  removals: BigUint64Array.from(removals, BigInt),
  additions: records(...additions),
});

describe('changes in a row', () => {
  test('are one: what one adds another may remove', () => {
    const one = combined([change([1], [10, 11]), change([10, 2], [12]), change([], []), change([12], [13])]);
    expect([...one.removals]).toEqual([1n, 2n]);
    expect(idsIn(one.additions)).toEqual([11, 13]);
    expect(combined([change([1], [10])])).toEqual(change([1], [10]));
    expect(combined([])).toEqual({
      removals: new BigUint64Array(0),
      additions: expect.objectContaining({ length: 0 }),
    });
  });
});

describe('a store of records', () => {
  let folder: TemporaryDirectory;
  let store: RecordStore;
  beforeEach(async () => {
    folder = temporaryDirectory();
    store = new RecordStore(folder.file('records'));
    await store.writeBase(3, digest(3), records(1, 2, 3));
    await store.writeChange(4, digest(4), change([2], [4]));
    await store.writeChange(5, digest(5), change([4], [5]));
  });
  afterEach(() => folder[Symbol.dispose]());

  test('gives base and change of a version', async () => {
    const loaded = await store.load(5, digest(5));
    expect(idsIn(loaded!.base)).toEqual([1, 2, 3]);
    expect([...loaded!.change.removals]).toEqual([2n]);
    expect(idsIn(loaded!.change.additions)).toEqual([5]);
    expect((await store.load(3, digest(3)))?.change.removals.length).toBe(0);
  });

  test('gives nothing of another digest, of a version that is not there, or before it was made', async () => {
    expect(await store.load(5, digest(4))).toBeNull();
    expect(await store.load(6, digest(6))).toBeNull();
    expect(await store.load(2, digest(2))).toBeNull();
    expect(await new RecordStore(folder.file('none')).load(1, digest(1))).toBeNull();
  });

  test.each(['3.base', '4.change', '5.change'])(
    'gives nothing where %s is damaged anywhere, or cut off',
    async (name) => {
      const path = folder.file(`records/${name}`);
      const whole = readFileSync(path);
      // The eighth byte of the version is zero in any case; every other byte counts.
      for (let at = 0; at < whole.length; at += 7) {
        const bytes = Buffer.from(whole);
        bytes[at] = bytes[at]! ^ 0x10;
        writeFileSync(path, bytes);
        const loaded = await store.load(5, digest(5));
        // What a part leads to is compared where it is the last one.
        const isItsDigest = at >= 16 && at < 48 && name !== '5.change';
        expect({ at, isLoaded: loaded !== null }).toEqual({ at, isLoaded: isItsDigest });
      }
      for (const size of [0, 40, 87, whole.length - 1]) {
        writeFileSync(path, whole);
        truncateSync(path, size);
        expect(await store.load(5, digest(5))).toBeNull();
      }
    },
  );

  test('keeps what a version needs, and takes nothing else for its own', async () => {
    await store.writeBase(5, digest(5), records(1, 3, 5));
    await store.writeChange(6, digest(6), change([], [6]));
    mkdirSync(folder.file('records/8.base'));
    writeFileSync(folder.file('records/x.base'), '');
    await store.prune(4);
    expect(readdirSync(folder.file('records')).length).toBe(7);
    await store.prune(6);
    expect(readdirSync(folder.file('records')).sort()).toEqual(['5.base', '6.change', '8.base', 'x.base']);
    expect(idsIn((await store.load(6, digest(6)))!.change.additions)).toEqual([6]);
  });
});
