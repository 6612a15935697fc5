import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { buildSegment, openSnapshot, SegmentBuilder } from '../../src/match/snapshot.ts';
import type { SegmentImage } from '../../src/match/snapshot.ts';
import { Matcher } from '../../src/match/matcher.ts';
import { entry, snapshotOf, testKeys } from './support.ts';

const ENTRIES = [entry('host.example'), entry('*.deep.example/a/b/*'), entry('host.example/x?y=1'), entry('192.0.2.1')];

const built = (): SegmentImage => buildSegment(ENTRIES, testKeys(1));
const imageOver = (bytes: Uint8Array): SegmentImage => ({ bytes, entries: 0 });

describe('snapshot', () => {
  test('counts entries and opens segments wherever they lie: in a larger buffer, shared or not, growable or not', () => {
    const { bytes } = built();
    const { length } = bytes;
    const buffers = [
      new ArrayBuffer(length * 2),
      new SharedArrayBuffer(length + 128),
      new SharedArrayBuffer(length + 128, { maxByteLength: length * 4 }),
    ];
    const images = buffers.map((buffer) => {
      const view = new Uint8Array(buffer, 128, length);
      view.set(bytes);
      return imageOver(view);
    });
    const snapshot = openSnapshot(images);
    expect(snapshot.entries).toBe(12);
    expect(snapshot.segments.map((segment) => segment.entries)).toEqual([4, 4, 4]);
  });

  test('no list at all is a snapshot too', () => {
    expect(snapshotOf([]).entries).toBe(0);
    expect(snapshotOf([[]]).entries).toBe(0);
  });

  test('holds no text of any entry', () => {
    const text = Buffer.from(built().bytes).toString('latin1');
    for (const secret of ['host', 'example', 'deep', '/a/b/']) expect(text).not.toContain(secret);
  });

  test('every truncation is refused, in a buffer of its own and where the rest follows; so is what is too long', () => {
    const { bytes } = built();
    for (let length = 0; length < bytes.length; length += 8) {
      expect(() => openSnapshot([imageOver(bytes.slice(0, length))])).toThrow(
        expect.objectContaining({ code: 'snapshot_invalid' }),
      );
      expect(() => openSnapshot([imageOver(bytes.subarray(0, length))])).toThrow(
        expect.objectContaining({ code: 'snapshot_invalid' }),
      );
    }
    const longer = new Uint8Array(bytes.length + 8);
    longer.set(bytes);
    expect(() => openSnapshot([built(), imageOver(longer)])).toThrow(/segment 1 is cut off or damaged/);
  });

  test('one that cannot be viewed as words is refused', () => {
    const { bytes } = built();
    const shifted = new Uint8Array(bytes.length + 4);
    shifted.set(bytes, 4);
    expect(() => openSnapshot([imageOver(shifted.subarray(4))])).toThrow(/multiple of 8/);
  });

  test('a damaged header is refused or harmless, never a crash', () => {
    fc.assert(
      fc.property(fc.nat(127), fc.nat(255), (at, value) => {
        const { bytes } = built();
        bytes[at] = value;
        const outcome = attempt(() => openSnapshot([imageOver(bytes)]));
        if (outcome.error !== null) expect(outcome.error).toMatchObject({ code: 'snapshot_invalid', side: 'list' });
      }),
    );
  });

  test('too many segments are refused', () => {
    expect(openSnapshot([built(), built(), built(), built()]).entries).toBe(16);
    expect(() => openSnapshot([built(), built(), built(), built(), built()])).toThrow(/at most 4/);
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

describe('a segment built in memory that is given', () => {
  test('is the same, whatever was there before', () => {
    const builder = new SegmentBuilder(testKeys(1));
    for (const item of ENTRIES) builder.add(item);
    const room = new Uint8Array(new SharedArrayBuffer(builder.finish() + 1000), 0, builder.finish()).fill(0xff);
    const image = builder.build(room);
    expect(image.bytes).toBe(room);
    expect(Buffer.compare(room, built().bytes)).toBe(0);
  });
});

describe('segments keep every attribute', () => {
  test('as they were given', () => {
    const given = entry('*.host.example', {
      port: 65_535,
      id: 0xffff_fffe_8000_0001n,
      list: 31,
      expires: 65_535,
      count: true,
      test: true,
      dns: true,
      steer: true,
    });
    const plain = entry('host.example', { id: 0n, list: 0 });
    const matcher = new Matcher({ cacheEntries: 10 });
    matcher.use(snapshotOf([[given, plain]]));
    const found = matcher.lookup('host.example')!.entries;
    expect(found).toHaveLength(2);
    expect(found).toContainEqual({
      id: 0xffff_fffe_8000_0001n,
      list: 31,
      port: 65_535,
      expires: 65_535,
      subdomains: true,
      fold: 0,
      count: true,
      test: true,
      dns: true,
      steer: true,
    });
    expect(found).toContainEqual({
      id: 0n,
      list: 0,
      port: 0,
      expires: 0,
      subdomains: false,
      fold: 0,
      count: false,
      test: false,
      dns: false,
      steer: false,
    });
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
