/**
 * The list of the verdict bench: even numbers are whole hosts, odd ones a URL alone on its host. Any size, the same each
 * time, reserved names only; entry by entry, so that ten million of them are never objects at once.
 */
import type { Entry } from '../../../src/match/entry.ts';
import { randomSegmentKeys } from '../../../src/match/keys.ts';
import type { Snapshot } from '../../../src/match/snapshot.ts';
import { openSnapshot, SegmentBuilder } from '../../../src/match/snapshot.ts';
import type { SegmentImage } from '../../../src/match/snapshot.ts';
import { canonicalHost } from '../../../src/url/host.ts';
import { canonicalTarget } from '../../../src/url/path.ts';

export type Half = 'hosts' | 'urls';

const OPEN = {
  subdomains: false,
  fold: 0,
  port: 0,
  list: 0,
  expires: 0,
  count: false,
  test: false,
  dns: false,
  steer: false,
} as const;

export function hostOf(i: number): string {
  return `img.h${i}.test`;
}

export function targetOf(i: number): string {
  return `/dir/sub/page${i}.html?q=1`;
}

/** `only`: just one half, as many entries all the same. */
export function segmentOf(entries: number, from = 0, only: Half | null = null): SegmentImage {
  const builder = new SegmentBuilder(randomSegmentKeys());
  for (let i = 0; i < entries; i += 1)
    builder.add(entryOf(from + (only === null ? i : 2 * i + Number(only === 'urls'))));
  return builder.build();
}

/** In shared memory, as the data threads have it. */
export function snapshotOf(images: readonly SegmentImage[]): Snapshot {
  return openSnapshot(images.map((image) => ({ ...image, bytes: inSharedMemory(image.bytes) })));
}

function inSharedMemory(bytes: Uint8Array): Uint8Array {
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  return shared;
}

/** Numbers of `count` entries of one half of a list of `entries`, spread over all of it in no order. */
export function someOf(half: Half, entries: number, count: number): readonly number[] {
  const all = entries / 2;
  const step = coprime(2_654_435_761 % all, all);
  return Array.from({ length: Math.min(count, all) }, (_, k) => 2 * ((k * step) % all) + Number(half === 'urls'));
}

/** Flat strings, as they come off a buffer; concatenated ones would be flattened inside the measurement. */
export function flat(length: number, text: (i: number) => string): readonly string[] {
  return Array.from({ length }, (_, i) => Buffer.from(text(i)).toString('latin1'));
}

export function entryOf(i: number): Entry {
  const path: Entry['path'] = i % 2 === 0 ? { kind: 'host' } : { kind: 'url', ...canonicalTarget(targetOf(i)) };
  return { ...OPEN, host: canonicalHost(hostOf(i))!, path, id: BigInt(i) };
}

/** Lists have 10^n entries: a step that 2 and 5 do not divide visits all. */
function coprime(step: number, all: number): number {
  const odd = all % 2 === 0 && step % 2 === 0 ? step + 1 : Math.max(1, step);
  return odd % 5 === 0 ? odd + 2 : odd;
}
