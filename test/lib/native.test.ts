import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import { loadNative } from '../../src/lib/native.ts';
import { NotifySocket } from '../support/notify-socket.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const native = (await loadNative())!;

describe('the native edge', () => {
  test('is there where its package is installed, and loaded once', async () => {
    expect(native).not.toBeNull();
    expect(await loadNative()).toBe(native);
  });

  test('a duplicate outlives the original', () => {
    using directory = temporaryDirectory();
    const original = openSync(directory.file('a'), 'w');
    const duplicate = native.duplicate(original);
    expect(duplicate).not.toBe(original);
    closeSync(original);
    writeFileSync(duplicate, 'still there');
    closeSync(duplicate);
  });

  test('a descriptor that is not there', () => {
    expect(() => native.duplicate(99_999)).toThrow('fcntl failed: errno 9');
  });

  test('freed memory goes back to the system', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const resident = (): number =>
      Number(/^Private_Dirty:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/smaps_rollup', 'latin1'))?.[1]) / 1024;
    let blocks = Array.from({ length: 10_000 }, () => new Uint8Array(8192).fill(1));
    // Every hundredth stays, so that no end of the heap is free of its own accord.
    blocks = blocks.filter((_, i) => i % 100 === 99);
    for (let i = 0; i < 3; i += 1) collect();
    const before = resident();
    native.trimMemory();
    expect(before - resident()).toBeGreaterThan(40);
    expect(blocks).toHaveLength(100);
  });

  test.each([0, 1, 4096, 5000])(
    'discarded bytes take no memory and are zero; those around them stay (from byte %d)',
    (from) => {
      const dirty = (): number =>
        Number(/^Private_Dirty:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/smaps_rollup', 'latin1'))?.[1]) / 1024;
      const MIB = 1024 * 1024;
      const all = new Uint8Array(new SharedArrayBuffer(40 * MIB)).fill(7);
      const inner = all.subarray(from, 39 * MIB);
      const before = dirty();
      native.discard(inner);
      expect(before - dirty()).toBeGreaterThan(35);
      expect([inner[8192], inner[20 * MIB], inner.at(-8192)]).toEqual([0, 0, 0]);
      expect([
        all.subarray(0, from).every((byte) => byte === 7),
        all.subarray(39 * MIB).every((byte) => byte === 7),
      ]).toEqual([true, true]);
      expect(inner.findIndex((byte) => byte === 0)).toBeLessThan(4096);
      all.fill(9);
      expect(all.every((byte) => byte === 9)).toBe(true);
    },
  );

  test('less than a page is left alone', () => {
    const bytes = new Uint8Array(new SharedArrayBuffer(4000)).fill(7);
    native.discard(bytes);
    native.discard(new Uint8Array(0));
    expect(bytes.every((byte) => byte === 7)).toBe(true);
  });

  test('datagrams: sent, nobody there, a path that is too long', async () => {
    using directory = temporaryDirectory();
    using receiver = new NotifySocket(directory.file('s'));
    native.sendDatagram(receiver.path, 'A=1\nB=é');
    expect(await receiver.message('A=')).toEqual(['A=1', 'B=é']);
    expect(() => native.sendDatagram(directory.file('none'), 'x')).toThrow('sendto failed: errno 2');
    expect(() => native.sendDatagram('@cleanfeed-nobody', 'x')).toThrow('sendto failed: errno 111');
    expect(() => native.sendDatagram(`/${'a'.repeat(108)}`, 'x')).toThrow('at most 107 bytes');
  });
});
