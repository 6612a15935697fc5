/** Whose requests are traced, as a worker sees it: what was written last, until its end; nothing while it is being written. */
import { expect, test } from '@jest/globals';
import { TraceReader, traceWords, writeTrace } from '../../src/workers/trace-words.ts';

const TOKEN = '0123456789abcdef0123456789abcdef';

test('what was written is seen, until it ends', () => {
  const shared = traceWords();
  const reader = new TraceReader(shared);
  expect(reader.look(0)).toBeNull();
  writeTrace(shared, { client: '2001:db8:1234:5678:9abc:def0:1234:5678', token: TOKEN, endsAt: 100 });
  expect(reader.look(99)).toMatchObject({ client: '2001:db8:1234:5678:9abc:def0:1234:5678', token: TOKEN });
  expect(reader.look(100)).toBeNull();
  writeTrace(shared, { client: '192.0.2.1', token: TOKEN.toUpperCase(), endsAt: 200 });
  expect(reader.look(100)).toMatchObject({ client: '192.0.2.1', token: TOKEN.toUpperCase() });
  expect(new TraceReader(shared).look(100)).toMatchObject({ client: '192.0.2.1' });
  writeTrace(shared, null);
  expect(reader.look(100)).toBeNull();
});

test('while somebody writes, what was there before counts', () => {
  const shared = traceWords();
  const reader = new TraceReader(shared);
  writeTrace(shared, { client: '192.0.2.1', token: TOKEN, endsAt: 100 });
  reader.look(1);
  const words = new Int32Array(shared);
  Atomics.add(words, 0, 1);
  words[1] = 0;
  expect(reader.look(1)).toMatchObject({ client: '192.0.2.1' });
  Atomics.add(words, 0, 1);
  expect(reader.look(1)).toBeNull();
});
