import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { buildSegment, openSnapshot, SegmentBuilder, snapshotBytes, writeSnapshot } from '../../src/match/snapshot.ts';
import { randomSegmentKeys } from '../../src/match/keys.ts';
import { Matcher } from '../../src/match/matcher.ts';
import { entry, snapshotOf, testKeys } from './support.ts';

const ENTRIES = [entry('host.example'), entry('*.deep.example/a/b/*'), entry('host.example/x?y=1'), entry('192.0.2.1')];

function bytesOf(): Uint8Array<ArrayBuffer> {
  const image = buildSegment(ENTRIES, testKeys(1));
  const bytes = new Uint8Array(snapshotBytes([image, image]));
  writeSnapshot(bytes, [image, image]);
  return bytes;
}

describe('snapshot', () => {
  test('counts entries and opens from a larger buffer, growable or not', () => {
    const bytes = bytesOf();
    for (const buffer of [new ArrayBuffer(bytes.length * 2), new SharedArrayBuffer(bytes.length + 8), new SharedArrayBuffer(bytes.length, { maxByteLength: bytes.length * 4 })]) {
      new Uint8Array(buffer).set(bytes);
      const snapshot = openSnapshot(buffer, bytes.length);
      expect(snapshot.entries).toBe(8);
      expect(snapshot.segments.map((segment) => segment.entries)).toEqual([4, 4]);
      expect(snapshot.byteLength).toBe(bytes.length);
    }
  });

  test('no list at all is a snapshot too', () => {
    expect(snapshotOf([]).entries).toBe(0);
    expect(snapshotOf([[]]).entries).toBe(0);
  });

  test('holds no text of any entry', () => {
    const text = Buffer.from(bytesOf()).toString('latin1');
    for (const secret of ['host', 'example', 'deep', '/a/b/']) expect(text).not.toContain(secret);
  });

  test('every truncation is refused', () => {
    const bytes = bytesOf();
    for (let length = 0; length < bytes.length; length += 8) {
      expect(() => openSnapshot(bytes.slice(0, length).buffer, length)).toThrow(expect.objectContaining({ code: 'snapshot_invalid' }));
      expect(() => openSnapshot(bytes.buffer, length)).toThrow(expect.objectContaining({ code: 'snapshot_invalid' }));
    }
    expect(() => openSnapshot(bytes.buffer, bytes.length + 8)).toThrow(/announced/);
  });

  test('another version is named', () => {
    const bytes = bytesOf();
    bytes[4] = 9;
    expect(() => openSnapshot(bytes.buffer, bytes.length)).toThrow(/version 9/);
  });

  test('a damaged header is refused or harmless, never a crash', () => {
    fc.assert(fc.property(fc.nat(191), fc.nat(255), (at, value) => {
      const bytes = bytesOf();
      bytes[at] = value;
      const outcome = attempt(() => openSnapshot(bytes.buffer, bytes.length));
      if (outcome.error !== null) expect(outcome.error).toMatchObject({ code: 'snapshot_invalid', side: 'list' });
    }));
  });

  test('too many segments and too small a buffer are refused', () => {
    const image = buildSegment(ENTRIES, randomSegmentKeys());
    expect(() => writeSnapshot(new Uint8Array(1 << 16), [image, image, image, image, image])).toThrow(/at most 4/);
    expect(() => writeSnapshot(new Uint8Array(64), [image])).toThrow(/buffer 64/);
  });

  test('sizes: at most 40 bytes for a host entry, 56 for a URL alone on its host', () => {
    const hosts = new SegmentBuilder(testKeys(1));
    const urls = new SegmentBuilder(testKeys(1));
    for (let i = 0; i < 20_000; i += 1) {
      hosts.add(entry(`h${i}.example`));
      urls.add(entry(`h${i}.example/a/b.html?c=${i}`));
    }
    expect(hosts.build().bytes.length / 20_000).toBeLessThanOrEqual(40);
    expect(urls.build().bytes.length / 20_000).toBeLessThanOrEqual(56);
  });
});

describe('segments keep every attribute', () => {
  test('as they were given', () => {
    const given = entry('*.host.example', { port: 65_535, id: 0xffff_fffe_8000_0001n, list: 31, expires: 65_535, count: true, test: true, dns: true, steer: true });
    const plain = entry('host.example', { id: 0n, list: 0 });
    const matcher = new Matcher({ cacheEntries: 10 });
    matcher.use(snapshotOf([[given, plain]]));
    const found = matcher.lookup('host.example')!.entries;
    expect(found).toHaveLength(2);
    expect(found).toContainEqual({ id: 0xffff_fffe_8000_0001n, list: 31, port: 65_535, expires: 65_535, subdomains: true, count: true, test: true, dns: true, steer: true });
    expect(found).toContainEqual({ id: 0n, list: 0, port: 0, expires: 0, subdomains: false, count: false, test: false, dns: false, steer: false });
  });
});

function attempt(action: () => unknown): { readonly error: unknown } {
  try {
    action();
    return { error: null };
  } catch (error) {
    return { error };
  }
}
