/** Messages on a stream come out as they went in, wherever the reads end. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DnsFrames } from '../../src/wire/dns-frames.ts';

test('whatever the cuts, each message comes once, whole and in order', () => {
  const messages = fc.array(fc.uint8Array({ maxLength: 2000 }), { maxLength: 8 });
  fc.assert(
    fc.property(messages, fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1 }), (wanted, sizes) => {
      const stream = Buffer.concat(wanted.map((message) => Buffer.concat([lengthOf(message), message])));
      const frames = new DnsFrames();
      const came: Buffer[] = [];
      for (let at = 0, i = 0; at < stream.length; i++) {
        const end = at + (sizes[i % sizes.length] ?? 1);
        frames.add(stream.subarray(at, end));
        for (let frame = frames.next(); frame !== null; frame = frames.next()) came.push(frame);
        at = end;
      }
      expect(came.map((frame) => frame.subarray(2))).toEqual(wanted.map((message) => Buffer.from(message)));
      expect(frames.isWithin).toBe(false);
      expect(frames.unread).toBe(0);
    }),
  );
});

test('what a message takes grows with what has come of it', () => {
  const frames = new DnsFrames();
  frames.add(Buffer.from([0xff, 0xff, 1]));
  expect(frames.next()).toBeNull();
  expect([frames.isWithin, frames.unread]).toEqual([true, 3]);
  for (let i = 0; i < 10_000; i++) {
    frames.add(Buffer.from([2]));
    expect(frames.next()).toBeNull();
  }
  expect(frames.unread).toBe(10_003);
});

test('what is not taken stays', () => {
  const frames = new DnsFrames();
  frames.add(Buffer.from([0, 1, 7, 0, 1]));
  frames.add(Buffer.from([8, 0]));
  expect(frames.next()).toEqual(Buffer.from([0, 1, 7]));
  expect(frames.next()).toEqual(Buffer.from([0, 1, 8]));
  expect(frames.next()).toBeNull();
});

function lengthOf(message: Uint8Array): Buffer {
  return Buffer.from([message.length >> 8, message.length & 0xff]);
}
