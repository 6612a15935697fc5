/** The sentence of a log line. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { painter } from '../../src/observe/colour.ts';
import { sentenceOf } from '../../src/observe/log-sentences.ts';
import { textLine } from '../../src/observe/text-line.ts';
import { firstColumn } from '../support/markdown.ts';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const LOWERED = { descriptors: 1024, required: 29_032, connections: 8192, effective: 262, upstream: 131 };
const SENTENCE =
  'This process may open 1024 files, and the configuration may need 29032: each worker takes 262 client connections instead of 8192, and 131 connections to origins. Raise LimitNOFILE= (ulimit -n), or lower limits.connections.';

test('limits.lowered is a sentence, on a terminal too', () => {
  expect(sentenceOf('limits.lowered', LOWERED)).toBe(SENTENCE);
  expect(textLine(new Date(2026, 0, 2, 3, 4, 5), 'warn', 'limits.lowered', LOWERED, painter(false))).toBe(
    `03:04:05 warn  ${SENTENCE}`,
  );
});

test.each([
  ['bypass.enabled', { seconds: 60 }, 'Filtering is disabled for 60 s: every request passes'],
  ['zone.notify_failed', { zone: 'a', reason: 'it exited with 1' }, 'zone notify failed: it exited with 1'],
  ['signal.ignored', { signal: 'SIGHUP' }, 'signal ignored'],
])('%s', (event, fields, want) => {
  expect(sentenceOf(event, fields)).toBe(want);
});

test('sentences are of events that there are, and of fields that these have', () => {
  const source = read('src/observe/log-sentences.ts');
  const events = [...source.matchAll(/^ *\[?\s*'([a-z_]+\.[a-z_]+)',/gm)].map(([, event = '']) => event);
  expect(events.length).toBeGreaterThan(15);
  const guide = read('docs/operations.md');
  expect(events.filter((event) => !firstColumn(guide, 'Log events').includes(event))).toEqual([]);
  for (const event of events) {
    const fields =
      new RegExp(`^\\| \`${event.replace('.', '\\.')}\` \\|[^|]*\\|([^|]*)\\|`, 'm').exec(guide)?.[1] ?? '';
    const known = Object.fromEntries([...fields.matchAll(/`(\w+)`/g)].map(([, field = '']) => [field, 'x']));
    expect([event, sentenceOf(event, known)]).toEqual([event, expect.not.stringContaining('undefined')]);
  }
});
