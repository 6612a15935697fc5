/** The last bytes of a client whose connection is over: they arrive, unless the origin takes too long or there are too many. */
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { LastUploads, MAX_LAST_UPLOADS } from '../../src/forward/last-upload.ts';
import type { UpstreamConnection } from '../../src/forward/upstream-connection.ts';
import { FakeSocket, Later, Trace } from '../support/fake-socket.ts';

const LONGEST_MS = 10_000;

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const later = new Later();

/** An origin that takes nothing, with a byte for it that has been written. */
function origin(): { readonly socket: FakeSocket; readonly trace: Trace; readonly connection: UpstreamConnection } {
  const trace = new Trace();
  const socket = new FakeSocket('origin', trace, later);
  socket.stall();
  socket.write('x');
  socket.end();
  return { socket, trace, connection: { socket, user: {} } as unknown as UpstreamConnection };
}

test('they arrive, and the connection is closed behind them', () => {
  const uploads = new LastUploads();
  const { socket, trace, connection } = origin();
  uploads.finish(connection);
  expect([connection.user, uploads.count, trace.lines]).toEqual([null, 1, []]);
  socket.takeAll();
  later.settle();
  expect([uploads.count, trace.lines]).toEqual([0, ['origin < x', 'origin ended', 'origin destroyed']]);
  // Nothing is left that waits for it.
  expect(jest.getTimerCount()).toBe(0);
});

test('an origin that takes too long is reset', () => {
  const uploads = new LastUploads();
  const { trace, connection } = origin();
  uploads.finish(connection);
  jest.advanceTimersByTime(LONGEST_MS - 1);
  expect(trace.lines).toEqual([]);
  jest.advanceTimersByTime(1);
  later.settle();
  expect([uploads.count, trace.lines]).toEqual([0, ['origin reset']]);
});

test('all are reset when there is no more time', () => {
  const uploads = new LastUploads();
  const [one, two] = [origin(), origin()];
  for (const { connection } of [one, two]) uploads.finish(connection);
  uploads.reset();
  later.settle();
  expect([uploads.count, one.trace.lines, two.trace.lines]).toEqual([0, ['origin reset'], ['origin reset']]);
  jest.advanceTimersByTime(LONGEST_MS);
  expect(one.trace.lines).toHaveLength(1);
});

test('so is one that is one too many, and nothing is kept of one that has gone', () => {
  const uploads = new LastUploads();
  const all = Array.from({ length: MAX_LAST_UPLOADS }, origin);
  for (const { connection } of all) uploads.finish(connection);
  expect(all.every(({ trace }) => trace.lines.length === 0)).toBe(true);
  const more = origin();
  uploads.finish(more.connection);
  expect([uploads.count, more.trace.lines]).toEqual([MAX_LAST_UPLOADS, ['origin reset']]);
  all[0]?.socket.gone(null);
  later.settle();
  uploads.finish(all[0]!.connection);
  expect(uploads.count).toBe(MAX_LAST_UPLOADS - 1);
});
