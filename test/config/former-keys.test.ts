import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { FORMER_KEYS, presentName, RENAMED_IN } from '../../src/config/former-keys.ts';
import { renamedKeyWarnings } from '../../src/commands/warnings.ts';
import { parseConfig } from '../../src/config/load.ts';
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

const load = (text: string) => parseConfig(text, 'f.yaml', {});
const LISTS = ['{ name: a, source: a.txt }', '{ name: b, source: b.txt, OWN }'];

// As a file of 0.1.0 before the names were changed had them.
const ROWS: readonly { readonly before: string; readonly now: string; readonly value: string }[] = [
  { before: 'lists[].maxBadShare', now: 'lists[].maxBadLineRatio', value: '0.5' },
  { before: 'clients.open', now: 'clients.openProxy', value: 'true' },
  { before: 'forwarded.finIsAbort', now: 'clients.abortOnFin', value: 'true' },
  { before: 'upstream.pool.perOrigin', now: 'upstream.pool.maxIdlePerOrigin', value: '7' },
  { before: 'upstream.pool.total', now: 'upstream.pool.maxIdle', value: '70' },
  { before: 'upstream.pool.idle', now: 'upstream.pool.idleTimeout', value: '3s' },
  { before: 'upstream.pool.idleAfterBody', now: 'upstream.pool.idleTimeoutAfterBody', value: '2s' },
  { before: 'limits.requestLine', now: 'limits.requestLineBytes', value: '4KiB' },
  { before: 'limits.chunkExtension', now: 'limits.chunkExtensionBytes', value: '1KiB' },
  { before: 'limits.bodyProgress', now: 'limits.minBodyProgress', value: '2KiB' },
  { before: 'limits.drainBytes', now: 'limits.lingerBytes', value: '64KiB' },
  { before: 'limits.informational', now: 'limits.informationalResponses', value: '3' },
  { before: 'timeouts.tunnelStart', now: 'timeouts.tunnelFirstByte', value: '5s' },
  { before: 'supervision.hungAfter', now: 'supervision.hangTimeout', value: '20s' },
];

function fileWith(key: string, value: string): string {
  const of = /^lists\[\]\.(.*)$/.exec(key)?.[1];
  if (of !== undefined) return `lists: [${LISTS.join(', ').replace('OWN', `${of}: ${value}`)}]\n`;
  const nested = key
    .split('.')
    .reduceRight((inner, part) => `${part}: ${inner}`.replace(/: (\w+:.*)$/, ': { $1 }'), value);
  return `# the second line is it\n${nested}\n`;
}

test('each former key stands below', () => {
  expect(ROWS.map(({ before, now }) => [before, now])).toEqual([...FORMER_KEYS]);
});

test.each(ROWS)('$before: $value is read as $now, and told', ({ before, now, value }) => {
  const [former, present] = [load(fileWith(before, value)), load(fileWith(now, value))];
  if (!former.ok || !present.ok) throw new Error(JSON.stringify([former, present]));
  const { renamedKeys, ...config } = former.config;
  const { renamedKeys: rest, ...same } = present.config;
  expect(config).toEqual(same);
  expect(rest).toEqual([]);
  const place = (key: string) => key.replace('[]', '[1]');
  const line = before.startsWith('lists') ? 1 : 2;
  expect(renamedKeys).toEqual([{ former: place(before), now: place(now), line }]);
  expect(renamedKeyWarnings(former.config)).toEqual([
    `line ${line}: the name of ${place(before)} is ${place(now)} now; the next minor release does not read the former one`,
  ]);
});

test.each([
  {
    name: 'a bad value: the place of what is written, the name of now',
    text: 'limits:\n  drainBytes: much\n',
    faults: [{ line: 2, column: 15, key: 'limits.lingerBytes' }],
  },
  {
    name: 'both names: the former one is unknown',
    text: 'limits:\n  lingerBytes: 1KiB\n  drainBytes: 2KiB\n',
    faults: [{ line: 3, key: 'limits.drainBytes', message: "unknown key; its name is 'lingerBytes' now" }],
  },
  {
    name: 'another mapping that is none: nothing is moved into it',
    text: 'clients: "all"\nforwarded: { finIsAbort: true }\n',
    faults: [{ line: 1 }, { line: 2, message: "unknown key; its name is 'clients.abortOnFin' now" }],
  },
  {
    name: 'in the sections beside a broken one',
    text: 'page: "a\nlimits:\n  drainBytes: much\nworkers: 1\n',
    faults: [{ line: 1 }, { line: 3, column: 15, key: 'limits.lingerBytes' }],
  },
])('$name', ({ text, faults }) => {
  expect(load(text)).toMatchObject({ ok: false, faults });
});

test('a variable under a former name', () => {
  const loaded = parseConfig('limits: { informational: "${MOST}" }\n', 'f.yaml', { MOST: '4' });
  expect(loaded).toMatchObject({ ok: true, config: { limits: { informationalResponses: 4 } } });
});

test('a file with more of them than an instance has lists: the rest is unknown, and named', () => {
  const lists = Array.from({ length: 1001 }, (_, i) => `  - { name: l${i}, source: a.txt, maxBadShare: 0.5 }\n`);
  const loaded = load(`lists:\n${lists.join('')}`);
  const faults = loaded.ok ? [] : loaded.faults.filter(({ line }) => line === 1002);
  expect(faults.map(({ message }) => message)).toEqual(["unknown key; its name is 'maxBadLineRatio' now"]);
});

test('the release after the one that renamed them has none of them', () => {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
    readonly version: string;
  };
  expect(version.split('.').slice(0, 2).join('.')).toBe(RENAMED_IN);
});
