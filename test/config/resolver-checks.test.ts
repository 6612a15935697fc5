/** Rules between the keys of the resolver side and others. */
import { expect, test } from '@jest/globals';
import { formatDiagnostic } from '../../src/config/diagnostic.ts';
import { parseConfig } from '../../src/config/load.ts';

const TUF = { source: 'tuf+https://l.example/', root: 'r.json', identity: 'i.age' };
const LISTS = [
  { name: 'own', source: './own.txt' },
  { name: 'canary', source: './canary.txt', action: 'count' },
  { name: 'relief', source: './relief.txt', action: 'allow' },
  { name: 'closed', ...TUF },
  { name: 'named', ...TUF, namesIdentity: 'names.age' },
];
const zone = (lists: readonly string[], others: object = {}): object => ({
  name: 'rpz.example',
  file: 'z',
  lists,
  ...others,
});
const routes = (lists: readonly string[]): object => ({ file: 'r', lists, resolvers: ['192.0.2.53'], rate: null });
const dns = (keys: object): object => ({ listeners: [{ name: 'd', mode: 'dns', ...keys }] });

test.each([
  { name: 'text and named lists', config: { resolver: { zones: [zone(['own', 'named'])] } }, want: [] },
  {
    name: 'an unknown list',
    config: { resolver: { zones: [zone(['owm'])] } },
    want: ["resolver.zones[0].lists[0]: there is no list 'owm'; did you mean 'own'?"],
  },
  {
    name: 'a list twice',
    config: { resolver: { zones: [zone(['own', 'own'])] } },
    want: ['resolver.zones[0].lists[1]: the list is named twice'],
  },
  {
    name: 'a list that only counts',
    config: { resolver: { zones: [zone(['canary'])], routes: routes(['canary']) } },
    want: ['resolver.zones[0].lists[0]: is a list with action count'],
  },
  {
    name: 'a list without its names',
    config: { resolver: { zones: [zone(['closed'])], routes: routes(['closed']) } },
    want: [
      'resolver.zones[0].lists[0]: is a protected list without namesIdentity',
      'resolver.routes.lists[0]: is a protected list without namesIdentity',
    ],
  },
  {
    name: 'an allow list that belongs to all outlets without its names',
    config: {
      lists: [
        ...LISTS,
        { name: 'publisher', ...TUF, action: 'allow' },
        { name: 'chosen', ...TUF, action: 'allow', optIn: true },
      ],
      resolver: { zones: [zone(['own'])], routes: routes(['own']) },
    },
    want: [
      "resolver.zones[0].lists: allow list 'publisher', which belongs to it, is a protected list without namesIdentity",
      "resolver.routes.lists: allow list 'publisher', which belongs to it, is a protected list without namesIdentity",
    ],
  },
  {
    name: 'nothing but exceptions',
    config: { resolver: { zones: [zone(['relief'])] } },
    want: ['resolver.zones[0].lists: needs a list that is not an allow list'],
  },
  {
    name: 'zones of one name, and one file for all',
    config: {
      resolver: {
        zones: [zone(['own']), zone(['own'], { name: 'RPZ.example' })],
        routes: { ...routes(['own']), file: 'z' },
      },
    },
    want: [
      'resolver.zones[1].name: the name is the same as that of resolver.zones[0]',
      'resolver.zones[1].file: the file is the same as that of resolver.zones[0]',
      'resolver.routes.file: the file is the same as that of resolver.zones[0]',
    ],
  },
  {
    name: 'steering to nowhere',
    config: { resolver: { answers: { steer: {} } } },
    want: ['resolver.answers.steer: needs a or aaaa'],
  },
  {
    name: 'a listener that asks itself',
    config: dns({ port: 53, upstream: ['127.0.0.1', '192.0.2.53'] }),
    want: ['listeners[0].upstream[0]: is the listener itself'],
  },
  {
    name: 'one on all addresses that asks itself',
    config: dns({ address: '::', port: 53, upstream: ['[::1]:53', '127.0.0.1:5353'] }),
    want: ['listeners[0].upstream[0]: is the listener itself'],
  },
  {
    name: 'one upstream in two spellings',
    config: dns({ port: 5353, upstream: ['2001:db8::53', '[2001:db8:0::53]:53', '192.0.2.53', '192.0.2.53:54'] }),
    want: ['listeners[0].upstream[1]: is named twice'],
  },
  {
    name: 'an open resolver',
    config: { ...dns({ address: '192.0.2.1', port: 53, upstream: ['192.0.2.53'] }), clients: { allow: ['0.0.0.0/0'] } },
    want: ['clients.allow[0]: allows every client through listeners[0]'],
  },
  {
    name: 'a guard that looks closer at a dns listener than its bound for one client permits',
    config: {
      ...dns({ port: 5353, upstream: ['192.0.2.53'] }),
      resolver: { front: { tcpPerClient: 15 } },
      guard: { probes: [{ listener: 'd' }] },
    },
    want: ['guard.connections: must not be greater than resolver.front.tcpPerClient'],
  },
  {
    name: 'an identity of names for a text list',
    config: { lists: [{ name: 'a', source: 'a.txt', namesIdentity: 'n.age' }] },
    want: ['lists[0].namesIdentity: belongs to a tuf+https: or tuf+file: source'],
  },
])('$name', ({ config, want }) => {
  const loaded = parseConfig(JSON.stringify({ lists: LISTS, ...config }), '/c.yaml', {});
  const faults = loaded.ok ? [] : loaded.faults.map((fault) => formatDiagnostic(fault).replace(/^\S+ /, ''));
  expect(faults).toEqual(want.map((each) => expect.stringContaining(each)));
});
