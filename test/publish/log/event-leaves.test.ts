/** What is added to the log for its readers' sake. */
import { describe, expect, test } from '@jest/globals';
import { LEAVES_STEP, withLeaves } from '../../../src/publish/log/event-leaves.ts';
import type { PublisherEvent } from '../../../src/publish/state/events.ts';

const added = (count: number): PublisherEvent[] =>
  Array.from({ length: count }, (_, at) => ({ kind: 'added', line: `h${at}.example` }));
const version = (recipients: readonly string[]): PublisherEvent => ({
  kind: 'version',
  version: 3,
  digests: {
    '1/1': Object.fromEntries(recipients.map((name) => [name, name.repeat(3)])),
    '1/2': Object.fromEntries(recipients.map((name) => [name, name.repeat(4)])),
  },
  changeSet: null,
  approvedBy: [],
});
const why: PublisherEvent = { kind: 'why', recipient: 'a', id: '0', uid: null };

describe('a group of events', () => {
  test.each([
    [0, 1],
    [0, 63],
    [0, 64],
    [17, 3],
    [64, 200],
  ])('behind %i ends, with %i changes, at a multiple of 64, and its last event stays last', (before, count) => {
    const events = [...withLeaves([...added(count), version(['a', 'b'])], before)];
    expect((before + events.length) % LEAVES_STEP).toBe(0);
    expect(events.length - count - 1).toBeLessThan(2 * LEAVES_STEP);
    expect(events.slice(0, count)).toEqual(added(count));
    expect(events.at(-1)).toEqual(version(['a', 'b']));
  });

  test('grows by as much for one recipient as for thirty, however many changes there are', () => {
    const names = Array.from({ length: 30 }, (_, at) => `isp-${at}`);
    for (let count = 0; count < LEAVES_STEP; count += 1) {
      const size = (recipients: readonly string[]): number =>
        [...withLeaves([...added(count), version(recipients)], 0)].length;
      expect([count, size(names)]).toEqual([count, size(names.slice(0, 1))]);
    }
  });

  test('has an event for each recipient and form of the version', () => {
    const published = [...withLeaves([version(['a', 'b'])], 0)].filter(({ kind }) => kind === 'published');
    expect(published).toHaveLength(4);
    expect(published).toContainEqual({
      kind: 'published',
      recipient: 'b',
      version: 3,
      format: 1,
      form: 2,
      digest: 'bbbb',
    });
  });

  test('has them in places that are drawn anew each time', () => {
    const places = new Set<string>();
    for (let run = 0; run < 20; run += 1)
      places.add(
        [...withLeaves([version(['a', 'b'])], 0)].flatMap(({ kind }, at) => (kind === 'published' ? [at] : [])).join(),
      );
    expect(places.size).toBeGreaterThan(10);
  });

  test('that says nothing of versions is filled up too, and an empty one stays empty', () => {
    expect([...withLeaves([why], 64)].map(({ kind }) => kind)).toEqual([...Array<string>(63).fill('padding'), 'why']);
    expect([...withLeaves([], 0)]).toEqual([]);
  });
});
