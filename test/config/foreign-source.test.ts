/** Lists of other tools in the configuration: what a reader is told, and every fault at its key. */
import { describe, expect, test } from '@jest/globals';
import { parseConfig } from '../../src/config/load.ts';

const load = (list: object): ReturnType<typeof parseConfig> =>
  parseConfig(JSON.stringify({ lists: [{ name: 'public', ...list }] }), '/etc/cleanfeed/c.yaml', {});

const faults = (source: unknown, more: object = {}): readonly string[] => {
  const loaded = load({ source, ...more });
  return loaded.ok ? [] : loaded.faults.map(({ key, message }) => `${key}: ${message}`);
};

const HOSTS = { url: 'https://lists.example/hosts', format: 'hosts' };

test('a URL with its format', () => {
  const loaded = load({ source: { ...HOSTS, sinks: ['192.0.2.80', 'Walled.Example.'] }, interval: '1d' });
  expect(loaded.ok && loaded.config.lists[0]).toMatchObject({
    source: { kind: 'https', url: 'https://lists.example/hosts', intervalMs: 86_400_000 },
    conversion: {
      from: 'hosts',
      reader: { match: '', column: '', separator: ',', sinks: new Set(['192.0.2.80', 'walled.example']) },
      ignoresExceptions: false,
      isWhole: true,
      dns: false,
      steer: false,
    },
  });
});

test('a file with its format, beside the configuration', () => {
  const source = { file: './urls.csv', format: 'csv', column: 3, separator: 'tab', exceptions: 'ignore', dns: true };
  const loaded = load({ source });
  expect(loaded.ok && loaded.config.lists[0]).toMatchObject({
    source: { kind: 'file', path: '/etc/cleanfeed/urls.csv' },
    conversion: {
      from: 'csv',
      reader: { column: '3', separator: '\t' },
      ignoresExceptions: true,
      isWhole: false,
      dns: true,
    },
  });
});

test('a path alone is a list of ours', () => {
  const loaded = load({ source: './own.txt' });
  expect(loaded.ok && loaded.config.lists[0]?.conversion).toBeUndefined();
});

test.each([
  HOSTS,
  { file: './a', format: 'domains', subdomains: true },
  { file: 'file:///srv/a', format: 'adblock', match: 'dns' },
  { file: './a', format: 'haproxy', match: 'str', sample: 'host', values: ['block'], ignoreCase: true },
  { file: './a', format: 'squid', match: 'dstdomain', subdomains: false },
])('%j', (source) => {
  expect(faults(source)).toEqual([]);
});

describe('a fault', () => {
  test.each([
    [{ format: 'hosts' }, 'lists[0].source: needs url (https://…), or file (a path)'],
    [{ ...HOSTS, file: './a' }, 'lists[0].source.file: cannot be combined with url: a list has one source'],
    [{ ...HOSTS, url: './hosts' }, 'lists[0].source.url: must begin with https://; a path is written as file'],
    [
      { ...HOSTS, url: 'http://lists.example/hosts' },
      'lists[0].source.url: a list over plain http could be modified in transit; use https',
    ],
    [
      { file: 'https://lists.example/hosts', format: 'hosts' },
      'lists[0].source.file: is a URL; write it as url (of a protected list as the source itself)',
    ],
    [
      { ...HOSTS, format: 'host' },
      "lists[0].source.format: must be hosts or domains or adblock or rpz or dnsmasq or unbound or squid or squidguard or haproxy or csv, not 'host'",
    ],
    [{ url: HOSTS.url }, 'lists[0].source.format: is required'],
    [{ ...HOSTS, match: 'dns' }, 'lists[0].source.match: means nothing with format hosts'],
    [{ ...HOSTS, subdomains: true }, 'lists[0].source.subdomains: means nothing with format hosts'],
    [
      { ...HOSTS, format: 'adblock' },
      'lists[0].source.format: adblock needs match with one of dns, url: the file does not say what its lines mean',
    ],
    [
      { ...HOSTS, format: 'adblock', match: 'rpz' },
      'lists[0].source.format: adblock needs match with one of dns, url: the file does not say what its lines mean',
    ],
    [
      { ...HOSTS, format: 'csv' },
      'lists[0].source.format: csv needs column: the number of the column that has the addresses, or its name in the first row',
    ],
    [
      { ...HOSTS, format: 'csv', column: 1, separator: '||' },
      'lists[0].source.separator: takes one character, or tab; no quote, which encloses cells',
    ],
    [
      { ...HOSTS, sinks: ['300.1.2.3'] },
      "lists[0].source.sinks: takes an address or a name that refused names are sent to, like 192.0.2.80; '300.1.2.3' is none",
    ],
    [{ ...HOSTS, from: 'hosts' }, /^lists\[0\]\.source\.from: unknown key here; there is /],
    [['./a'], /^lists\[0\]\.source: must be a text of 1 to 4096 characters/],
  ])('%j', (source, said) => {
    expect(faults(source)).toEqual([typeof said === 'string' ? said : expect.stringMatching(said)]);
  });

  test('an allow list: nobody says until when its entries hold', () => {
    expect(faults(HOSTS, { action: 'allow' })).toEqual([
      expect.stringMatching(/^lists\[0\]\.source\.format: is for lists that block or count/),
    ]);
  });

  test('keys of a server, of a file', () => {
    expect(faults({ file: './a', format: 'hosts' }, { ca: './ca.pem' })).toEqual([
      'lists[0].ca: belongs to a source over https',
    ]);
    expect(faults(HOSTS, { ca: './ca.pem', auth: { bearer: 'credential:x' } })).toEqual([]);
  });

  test('a password of a URL is not in the message', () => {
    const said = faults({ ...HOSTS, url: 'https://user:secret@lists.example/hosts' });
    expect(said).toEqual([expect.stringMatching(/^lists\[0\]\.source\.url: .*contains a user name or password/)]);
    expect(said.join()).not.toContain('secret');
  });
});
