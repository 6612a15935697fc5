import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { FORMER_KEYS, presentName } from '../../src/config/former-keys.ts';
import { schema } from '../../src/config/schema.ts';
import { schemaKeys, unknownKey } from '../../src/config/schema-keys.ts';

const CHANGELOG = readFileSync(join(import.meta.dirname, '../../CHANGELOG.md'), 'utf8');

test('the changelog and the messages tell of the same keys, and the new ones are there', () => {
  const [, table = ''] = /^\| Configuration keys (.*?)^\| Keys of/ms.exec(CHANGELOG) ?? [];
  const rows = [...table.matchAll(/\| `([^`]+)` \| `([^`]+)` \|/g)].map(([, before = '', now = '']) => [before, now]);
  expect([...FORMER_KEYS]).toEqual(rows);
  const known = new Set(schemaKeys(schema));
  for (const [before, now] of FORMER_KEYS) expect([known.has(before), known.has(now)]).toEqual([false, true]);
});

// Were faults: the first two had no hint, of the others another key was named.
test.each([
  { path: ['lists', 0], key: 'maxBadShare', now: 'maxBadLineRatio' },
  { path: ['forwarded'], key: 'finIsAbort', now: 'clients.abortOnFin' },
  { path: ['limits'], key: 'drainBytes', now: 'lingerBytes' },
  { path: ['upstream', 'pool'], key: 'idle', now: 'idleTimeout' },
])('$key is told by its name now', ({ path, key, now }) => {
  expect(unknownKey(schema, path, key)).toBe(`unknown key; its name is '${now}' now`);
});

test('elsewhere, and at the top, a key of that name is none that there was', () => {
  expect(presentName([], 'drainBytes')).toBeNull();
  expect(presentName(['timeouts'], 'drainBytes')).toBeNull();
  expect(presentName(['lists'], 'maxBadShare')).toBeNull();
});
