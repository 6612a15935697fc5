/** The keys of the resolver side: defaults, bounds, and what a loaded configuration holds of them. */
import { describe, expect, test } from '@jest/globals';
import { formatDiagnostic } from '../../src/config/diagnostic.ts';
import { parseConfig } from '../../src/config/load.ts';

const LISTS = [
  { name: 'own', source: './own.txt' },
  { name: 'relief', source: './relief.txt', action: 'allow' },
  { name: 'school', source: './school.txt', action: 'allow', optIn: true },
];

function read(resolver: object) {
  return parseConfig(JSON.stringify({ lists: LISTS, resolver }), '/etc/cleanfeed/c.yaml', {});
}

function resolverOf(resolver: object) {
  const loaded = read(resolver);
  if (!loaded.ok) throw new Error(loaded.faults.map(formatDiagnostic).join('\n'));
  return loaded.config.resolver;
}

function faults(resolver: object): string[] {
  const loaded = read(resolver);
  return loaded.ok ? [] : loaded.faults.map((fault) => formatDiagnostic(fault).replace(/^\S+ resolver\./, ''));
}

const ZONE = { name: 'Block.RPZ.example', file: './block.zone', lists: ['own'] };
const ROUTES = { file: 'steer.conf', lists: ['own'], resolvers: ['192.0.2.53'], rate: null };

test('nothing is said: names that are blocked do not exist, nothing is steered, no zone, no routes', () => {
  expect(resolverOf({})).toEqual({
    answers: { block: 'nxdomain', steer: null, ttlSeconds: 60 },
    front: {
      inFlight: 16_384,
      timeoutMs: 5000,
      tcpConnections: 1024,
      tcpPerClient: 64,
      tcpIdleMs: 10_000,
      udpPorts: 64,
      portLifeMs: 60_000,
      receiveBufferBytes: 4_194_304,
    },
    zones: [],
    routes: null,
  });
});

test('a zone: absolute path, name in lower case, the common answer, exceptions that hold for everybody', () => {
  expect(resolverOf({ answers: { block: { a: ['192.0.2.80'] } }, zones: [ZONE] }).zones).toEqual([
    {
      name: 'block.rpz.example',
      file: '/etc/cleanfeed/block.zone',
      lists: ['own'],
      allow: ['relief'],
      answer: { a: ['192.0.2.80'], aaaa: [] },
      notify: [],
    },
  ]);
});

test('a zone that names an allow list of some clients has it too, and an answer of its own', () => {
  const zone = { ...ZONE, lists: ['own', 'school'], answer: 'nodata', notify: ['knotc', 'zone-reload', 'x'] };
  expect(resolverOf({ zones: [zone] }).zones[0]).toMatchObject({
    lists: ['own'],
    allow: ['relief', 'school'],
    answer: 'nodata',
    notify: ['knotc', 'zone-reload', 'x'],
  });
});

test('routes: paths are absolute, lists by name, allow lists added by themselves', () => {
  const rate = { bytesPerSecond: '1MiB', counters: ['./count'] };
  expect(resolverOf({ routes: { ...ROUTES, rate, community: [64_500, 666], neverFiles: ['a.txt'] } }).routes).toEqual({
    file: '/etc/cleanfeed/steer.conf',
    lists: ['own'],
    allow: ['relief'],
    resolvers: ['192.0.2.53:53'],
    intervalMs: 300_000,
    community: [64_500, 666],
    never: [],
    neverFiles: ['/etc/cleanfeed/a.txt'],
    newAddresses: 4,
    holdMs: 3_600_000,
    maxRoutes: 10_000,
    rate: { bytesPerSecond: 1_048_576, counters: ['./count'] },
    notify: [],
  });
});

test('names are refused by REFUSED: a zone, which cannot say that, has no data unless it says something else', () => {
  const { answers, zones } = resolverOf({
    answers: { block: 'refused' },
    zones: [ZONE, { ...ZONE, name: 'other.example', file: './other.zone', answer: 'nxdomain' }],
  });
  expect([answers.block, ...zones.map(({ answer }) => answer)]).toEqual(['refused', 'nodata', 'nxdomain']);
});

describe('faults', () => {
  test.each([
    {
      name: 'an answer',
      resolver: { answers: { block: 'drop' } },
      want: /^answers\.block: must be nxdomain, nodata, refused, or/,
    },
    {
      name: 'an answer that no zone has',
      resolver: { zones: [{ ...ZONE, answer: 'refused' }] },
      want: /^zones\[0\]\.answer: must be nxdomain, nodata, or addresses/,
    },
    { name: 'no address', resolver: { answers: { block: { a: [] } } }, want: /^answers\.block: must be nxdomain/ },
    {
      name: 'wrong family',
      resolver: { answers: { block: { a: ['::1'] } } },
      want: /^answers\.block: must be nxdomain/,
    },
    {
      name: 'unknown',
      resolver: { answers: { block: { a: ['192.0.2.1'], mx: [] } } },
      want: /^answers\.block: must be/,
    },
    { name: 'a TTL', resolver: { answers: { ttl: '5m' } }, want: /^answers\.ttl: must be from 1s to 60s/ },
    {
      name: 'a prefix of the other family',
      resolver: { answers: { steer: { a: ['2001:db8::/64'] } } },
      want: /^answers\.steer\.a\[0\]: must be an IPv4 prefix/,
    },
    {
      name: 'few ports',
      resolver: { front: { udpPorts: 4 } },
      want: /^front\.udpPorts: must be a whole number from 64/,
    },
    { name: 'a final dot', resolver: { zones: [{ ...ZONE, name: 'x.example.' }] }, want: /^zones\[0\]\.name: must be/ },
    {
      name: 'a long zone',
      resolver: { zones: [{ ...ZONE, name: 'x'.repeat(101) }] },
      want: /^zones\[0\]\.name: must be/,
    },
    {
      name: 'no list',
      resolver: { zones: [{ ...ZONE, lists: [] }] },
      want: /^zones\[0\]\.lists: must have at least 1/,
    },
    {
      name: 'a community',
      resolver: { routes: { ...ROUTES, community: [64_500, 70_000] } },
      want: /^routes\.community: must be a community/,
    },
    {
      name: 'no word on the rate',
      resolver: { routes: { file: 'a', lists: ['own'], resolvers: ['192.0.2.53'] } },
      want: /^routes\.rate: is required/,
    },
  ])('$name', ({ resolver, want }) => {
    expect(faults(resolver)).toEqual([expect.stringMatching(want)]);
  });
});
