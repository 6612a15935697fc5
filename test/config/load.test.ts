import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { formatDiagnostic } from '../../src/config/diagnostic.ts';
import { automaticWorkers } from '../../src/config/available-cores.ts';
import { loadConfig, parseConfig } from '../../src/config/load.ts';
import { NO_TERMS } from '../support/http-terms.ts';
import { formatPrefix } from '../../src/lib/prefix.ts';

const LIST = 'lists:\n  - { name: own, source: ./own.txt';

describe('faults', () => {
  test.each<{ name: string; yaml: string; want: unknown[] }>([
    {
      name: 'unknown key, near',
      yaml: 'listeners:\n  - name: a\n    prot: 1\n',
      want: ["f.yaml:3:5: listeners[0].prot: unknown key; did you mean 'port'?"],
    },
    {
      name: 'unknown key, in another place',
      yaml: 'header: 3s\n',
      want: ["f.yaml:1:1: header: unknown key here; there is 'timeouts.header'"],
    },
    {
      name: 'unknown key, nothing near',
      yaml: 'admin: { zzzzz: 1 }\n',
      want: ['f.yaml:1:10: admin.zzzzz: unknown key; known here: address, port, hosts, pac, contentKey'],
    },
    {
      name: 'names of prototypes are ordinary',
      yaml: 'constructor: 1\n__proto__: 2\n',
      want: [
        expect.stringMatching(/^f\.yaml:1:1: constructor: unknown key/),
        expect.stringMatching(/^f\.yaml:2:1: __proto__: unknown key/),
      ],
    },
    {
      name: 'what belongs to a server, beside a file',
      yaml: `${LIST}, ca: ./ca.pem, auth: { bearer: ./token } }\n`,
      want: [
        'f.yaml:2:41: lists[0].ca: belongs to a source over https',
        'f.yaml:2:57: lists[0].auth: belongs to a source over https',
      ],
    },
    {
      name: 'a protected list that lacks what it needs, and what only such a list has',
      yaml: `lists:\n  - name: a\n    source: tuf+https://l.example/a\n    root: ./root.json\n    mirrors: [ 'https://m.example/' ]\n  - { name: b, source: ./b.txt, identity: ./b.age, delay: 1m }\n`,
      want: [
        'f.yaml:3:13: lists[0].source: a protected list needs identity',
        'f.yaml:5:16: lists[0].mirrors[0]: a mirror is a tuf+https: or tuf+file: URL',
        'f.yaml:6:43: lists[1].identity: belongs to a tuf+https: or tuf+file: source',
        'f.yaml:6:59: lists[1].delay: belongs to a tuf+https: or tuf+file: source',
      ],
    },
    {
      name: 'half of what a server is shown, and two of one kind',
      yaml: 'lists:\n  - name: a\n    source: https://l.example/\n    auth:\n      bearer: "credential:a/b"\n      basic: ./b\n      clientKey: ./c\n',
      want: [
        "f.yaml:5:15: lists[0].auth.bearer: must be credential: and a name of letters, digits, '.', '-' and '_'",
        'f.yaml:6:14: lists[0].auth.basic: cannot be combined with bearer',
        'f.yaml:7:18: lists[0].auth.clientKey: needs clientCertificate',
      ],
    },
    { name: 'missing', yaml: 'lists:\n  - name: own\n', want: ['f.yaml:2:5: lists[0].source: is required'] },
    { name: 'list for mapping', yaml: 'admin: []\n', want: ['f.yaml:1:8: admin: must be a mapping, not a list'] },
    {
      name: 'mapping for list',
      yaml: 'listeners: { name: a }\n',
      want: ['f.yaml:1:12: listeners: must be a list, not a mapping'],
    },
    {
      name: 'no value',
      yaml: 'workers: 1\nexempt:\n  clients:\n',
      want: ['f.yaml:3:3: exempt.clients: must be a list, not empty'],
    },
    { name: 'not a mapping', yaml: 'hello\n', want: ["f.yaml:1:1: must be a mapping, not 'hello'"] },
    { name: 'no listener', yaml: 'listeners: []\n', want: ['f.yaml:1:12: listeners: must have at least 1 item'] },
    {
      name: 'integers',
      yaml: 'workers: 1.5\nadmin: { port: 65536 }\n',
      want: [
        'f.yaml:1:10: workers: must be auto, or a whole number from 1 to 64, not 1.5',
        'f.yaml:2:16: admin.port: must be a whole number from 0 to 65535, not 65536',
      ],
    },
    {
      name: 'text for number',
      yaml: 'admin: { port: "80" }\n',
      want: [
        "f.yaml:1:16: admin.port: must be a whole number from 0 to 65535, not '80', which is a text: take the quotes away",
      ],
    },
    {
      name: 'text for true',
      yaml: 'workers: 1\nclients: { openProxy: "true" }\n',
      want: [
        "f.yaml:2:23: clients.openProxy: must be true or false, not 'true', which is a text: take the quotes away",
      ],
    },
    {
      name: 'durations',
      yaml: 'timeouts: { header: 5x, body: 100d, idle: true, connect: -1, firstByte: .inf, tunnelIdle: .nan }\n',
      want: [
        "f.yaml:1:21: timeouts.header: '5x' is not a duration like 500ms, 30s, 5m or 2h4m",
        "f.yaml:1:31: timeouts.body: must be from 10ms to 7d, not '100d'",
        'f.yaml:1:43: timeouts.idle: must be a duration like 30s, 5m or 2h4m, not true',
        'f.yaml:1:58: timeouts.connect: must be from 10ms to 7d, not -1',
        'f.yaml:1:73: timeouts.firstByte: must be from 10ms to 7d, not Infinity',
        'f.yaml:1:91: timeouts.tunnelIdle: must be a duration like 30s, 5m or 2h4m, not NaN',
      ],
    },
    {
      name: 'sizes',
      yaml: 'limits: { requestLineBytes: 5 kb, headerBytes: 1, trailerBytes: 1.5, lingerBytes: -1, chunkExtensionBytes: 1e300 }\n',
      want: [
        "f.yaml:1:29: limits.requestLineBytes: '5 kb' is not a size like 512B, 64KiB or 16MiB",
        'f.yaml:1:48: limits.headerBytes: must be from 64B to 16MiB, not 1',
        'f.yaml:1:65: limits.trailerBytes: must be a whole number of bytes, not 1.5',
        'f.yaml:1:83: limits.lingerBytes: must be from 0B to 1GiB, not -1',
        'f.yaml:1:108: limits.chunkExtensionBytes: must be from 0B to 1MiB, not 1e+300',
      ],
    },
    {
      name: 'true and false',
      yaml: 'clients: { abortOnFin: yes }\nforwarded: { policy: keep }\n',
      want: [
        "f.yaml:1:24: clients.abortOnFin: must be true or false, not 'yes'",
        "f.yaml:2:22: forwarded.policy: must be drop or append or pass, not 'keep'",
      ],
    },
    {
      name: 'prefixes',
      yaml: 'exempt: { clients: [10.0.0.1/8, host.example, 7] }\n',
      want: [
        "f.yaml:1:21: exempt.clients[0]: '10.0.0.1/8' has bits set outside the prefix; did you mean 10.0.0.0/8?",
        "f.yaml:1:33: exempt.clients[1]: 'host.example' is not an address or prefix (like 192.0.2.0/24 or 2001:db8::/32)",
        'f.yaml:1:47: exempt.clients[2]: must be a prefix like 192.0.2.0/24 or "2001:db8::/32", not 7',
      ],
    },
    {
      name: 'addresses',
      yaml: 'admin: { address: localhost }\n',
      want: ['f.yaml:1:19: admin.address: must be an IP address like 127.0.0.1 or "::1", not \'localhost\''],
    },
    {
      name: 'resolvers and NAT64',
      yaml: 'upstream:\n  nat64: ["64:ff9b::/95", 10.0.0.0/8]\n  dns: { servers: [dns.example, 192.0.2.1:0] }\n',
      want: [
        'f.yaml:2:11: upstream.nat64[0]: a NAT64 prefix has 32, 40, 48, 56, 64 or 96 bits (RFC 6052)',
        'f.yaml:2:27: upstream.nat64[1]: must be an IPv6 prefix like "64:ff9b::/96", not \'10.0.0.0/8\'',
        'f.yaml:3:20: upstream.dns.servers[0]: must be a resolver like 192.0.2.53, 192.0.2.53:5353 or "[2001:db8::53]:53", not \'dns.example\'',
        'f.yaml:3:33: upstream.dns.servers[1]: must be a resolver like 192.0.2.53, 192.0.2.53:5353 or "[2001:db8::53]:53", not \'192.0.2.1:0\'',
      ],
    },
    {
      name: 'protocols of Upgrade',
      yaml: 'upgrade: { protocols: [web socket, 7, h2c, HTTP/2.0, h2, WebSocket, a/b/c] }\n',
      want: [
        "f.yaml:1:24: upgrade.protocols[0]: must be a protocol like websocket or name/1.0, not 'web socket'",
        'f.yaml:1:36: upgrade.protocols[1]: must be a protocol like websocket or name/1.0, not 7',
        "f.yaml:1:39: upgrade.protocols[2]: must not be HTTP, because requests after the switch would not be filtered: 'h2c'",
        "f.yaml:1:44: upgrade.protocols[3]: must not be HTTP, because requests after the switch would not be filtered: 'HTTP/2.0'",
        "f.yaml:1:54: upgrade.protocols[4]: must not be HTTP, because requests after the switch would not be filtered: 'h2'",
        "f.yaml:1:69: upgrade.protocols[6]: must be a protocol like websocket or name/1.0, not 'a/b/c'",
      ],
    },
    {
      name: 'ports of CONNECT',
      yaml: 'connect: { ports: [0, 9-8, https, 443] }\n',
      want: [
        "f.yaml:1:20: connect.ports[0]: '0' is not a port or range within 1 to 65535",
        "f.yaml:1:23: connect.ports[1]: '9-8' is not a port or range within 1 to 65535",
        "f.yaml:1:28: connect.ports[2]: must be a port like 443 or a range like 8000-8999, not 'https'",
      ],
    },
    {
      name: 'addresses of the page',
      yaml: 'page: { contact: abuse@isp.example, appeal: "javascript:alert(1)" }\n',
      want: [
        "f.yaml:1:18: page.contact: must be a URL that starts with https: or http: or mailto:, not 'abuse@isp.example'",
        "f.yaml:1:45: page.appeal: must be a URL that starts with https: or http: or mailto:, not 'javascript:alert(1)'",
      ],
    },
    {
      name: 'duplicate names',
      yaml: `listeners: [{ name: a }, { name: a, port: 1 }]\n${LIST} }\n  - { name: own, source: ./b }\n`,
      want: [
        'f.yaml:1:34: listeners[1].name: the name is taken by listeners[0]',
        'f.yaml:4:13: lists[1].name: the name is taken by lists[0]',
      ],
    },
    {
      name: 'one address and port twice',
      yaml: 'listeners:\n  - { name: a, address: "::ffff:127.0.0.1" }\n  - { name: b, port: 3128 }\nadmin: { port: 3128 }\n',
      want: [
        'f.yaml:3:22: listeners[1].port: 127.0.0.1:3128 is taken by listeners[0]',
        'f.yaml:4:16: admin.port: 127.0.0.1:3128 is taken by listeners[0]',
      ],
    },
    {
      name: 'a socket beside a port, and one socket twice',
      yaml: 'listeners:\n  - { name: a, socket: s, port: 1 }\n  - { name: b, socket: s }\n',
      want: [
        'f.yaml:2:33: listeners[0].port: cannot be combined with socket: the socket has its own address and port',
        'f.yaml:3:24: listeners[1].socket: the socket is taken by listeners[0]',
      ],
    },
    {
      name: 'unknown list',
      yaml: `listeners: [{ name: a, lists: [onw, own, own] }]\n${LIST} }\n`,
      want: [
        "f.yaml:1:32: listeners[0].lists[0]: there is no list 'onw'; did you mean 'own'?",
        'f.yaml:1:42: listeners[0].lists[2]: the list is named twice',
      ],
    },
    {
      name: 'blocked-by without 451',
      yaml: `${LIST}, blockedBy: "https://court.example/" }\n`,
      want: ['f.yaml:2:48: lists[0].blockedBy: belongs to status 451 (RFC 7725); set status: 451 or remove it'],
    },
    {
      name: 'sources',
      yaml: 'lists:\n  - { name: a, source: http://l.example/ }\n  - { name: b, source: ftp://l.example/ }\n  - { name: c, source: file://host.example/x }\n',
      want: [
        'f.yaml:2:24: lists[0].source: a list over plain http could be modified in transit; use https',
        "f.yaml:3:24: lists[1].source: a list comes from a path, a file:, https:, tuf+https: or tuf+file: URL, not from 'ftp:'",
        "f.yaml:4:24: lists[2].source: 'file://host.example/[redacted]' is not a file: URL of this machine (like file:///etc/cleanfeed/own.txt)",
      ],
    },
    {
      name: 'open proxy',
      yaml: 'listeners: [{ name: a, address: 0.0.0.0 }]\nclients: { allow: [0.0.0.0/0, "::/0", "2000::/3", 192.0.0.0/8] }\n',
      want: [
        'f.yaml:2:20: clients.allow[0]: allows every client through listeners[0], which is not on a loopback address; if this is intended, set clients.openProxy: true',
        'f.yaml:2:31: clients.allow[1]: allows every client through listeners[0], which is not on a loopback address; if this is intended, set clients.openProxy: true',
        'f.yaml:2:39: clients.allow[2]: allows every client through listeners[0], which is not on a loopback address; if this is intended, set clients.openProxy: true',
      ],
    },
    {
      name: 'clients by prefix, shared addresses',
      yaml: 'limits:\n  clientPrefix: { ipv4: 7, ipv6: 129, ipv5: 1 }\n  sharedAddresses: [{ prefix: 192.0.2.1/24 }, { connectionsPerClient: 0 }, 192.0.2.0/24]\n',
      want: [
        'f.yaml:2:25: limits.clientPrefix.ipv4: must be a whole number from 8 to 32, not 7',
        'f.yaml:2:34: limits.clientPrefix.ipv6: must be a whole number from 16 to 128, not 129',
        "f.yaml:2:39: limits.clientPrefix.ipv5: unknown key; did you mean 'ipv4'?",
        "f.yaml:3:31: limits.sharedAddresses[0].prefix: '192.0.2.1/24' has bits set outside the prefix; did you mean 192.0.2.0/24?",
        'f.yaml:3:47: limits.sharedAddresses[1].prefix: is required',
        'f.yaml:3:71: limits.sharedAddresses[1].connectionsPerClient: must be a whole number from 1 to 1000000, not 0',
        "f.yaml:3:76: limits.sharedAddresses[2]: must be a mapping, not '192.0.2.0/24'",
      ],
    },
    {
      name: 'one shared range twice',
      yaml: 'limits: { sharedAddresses: [{ prefix: 192.0.2.1 }, { prefix: "::ffff:192.0.2.1", connectionsPerClient: 5 }, { prefix: 192.0.2.0/24 }] }\n',
      want: ['f.yaml:1:62: limits.sharedAddresses[1].prefix: the range is the same as in limits.sharedAddresses[0]'],
    },
    {
      name: 'an operator named in one language only',
      yaml: 'page: { operator: { en: A } }\n',
      want: ['f.yaml:1:19: page.operator: has no text for fr; give one text for all languages, or one for each'],
    },
    {
      name: 'admin names with a port, a scheme, an address',
      yaml: 'admin: { hosts: ["a.example:9090", "http://a.example", 192.0.2.1] }\n',
      want: [0, 1, 2].map((i) =>
        expect.stringContaining(`admin.hosts[${i}]: must be a DNS name like filter1.isp.example`),
      ),
    },
    {
      name: 'TTL bounds',
      yaml: 'upstream: { dns: { minTtl: 1h, maxTtl: 1m } }\n',
      want: ['f.yaml:1:28: upstream.dns.minTtl: minTtl must not be greater than maxTtl'],
    },
    {
      name: 'mark of the shipped rules',
      yaml: 'upstream: { mark: 0xcf }\n',
      want: [expect.stringMatching(/^f\.yaml:1:19: upstream\.mark: must not be 0xcf: /)],
    },
    { name: 'key twice', yaml: 'workers: 1\nworkers: 1\n', want: ["f.yaml:2:1: the key 'workers' is given twice"] },
    { name: 'tab', yaml: 'admin:\n\tport: 1\n', want: ['f.yaml:2:1: tabs are not allowed as indentation; use spaces'] },
    {
      name: 'unknown tag',
      yaml: 'workers: !secret 1\n',
      want: [
        "f.yaml:1:10: a value that starts with '!' must be in quotes",
        expect.stringContaining('workers: must be'),
      ],
    },
    {
      name: 'two documents',
      yaml: 'workers: 1\n---\nworkers: 2\n',
      want: ['f.yaml:2:1: a second document starts here; a configuration is one document'],
    },
    { name: 'only a comment', yaml: '# nothing\n', want: ['f.yaml:1:1: must be a mapping, not empty'] },
    // Was a fault: it was an unknown key, and all that are known were named.
    {
      name: 'a mapping that is merged',
      yaml: 'timeouts: &t { idle: 30s }\nlimits:\n  <<: *t\n',
      want: ["f.yaml:3:3: limits.<<: mappings are not merged ('<<'); write the keys themselves"],
    },
    {
      name: 'keys that are no words',
      yaml: '[a, b]: 2\nworkers: 1\n',
      want: ['f.yaml:1:1: a key is a word; this is a list, a mapping, or stands for one'],
    },
    {
      name: 'faults at the place of an alias',
      yaml: 'page: &p { operator: 1 }\nadmin: *p\n',
      want: [
        "f.yaml:1:12: admin.operator: unknown key here; there is 'page.operator'",
        'f.yaml:1:22: page.operator: must be a text of 1 to 100 characters, or { en: …, fr: … }, not 1',
      ],
    },
  ])('$name', ({ yaml, want }) => {
    expect(faults(yaml)).toEqual(want);
  });

  test('of all kinds at once, in the order of the file', () => {
    const yaml = `listeners: [{ name: a, lists: [onw] }]\nwrokers: 2\n${LIST}, action: deny }\nlimits: { headerCount: 0 }\nlimits: { headerCount: many }\n`;
    expect(faults(yaml).map((line) => line.split(': ', 2).join(': '))).toEqual([
      'f.yaml:1:32: listeners[0].lists[0]',
      'f.yaml:2:1: wrokers',
      'f.yaml:4:45: lists[0].action',
      'f.yaml:5:24: limits.headerCount',
      "f.yaml:6:1: the key 'limits' is given twice",
    ]);
  });

  test('at most 32 lists', () => {
    const lists = Array.from({ length: 33 }, (_, i) => `  - { name: l${i}, source: ./l${i} }`).join('\n');
    expect(faults(`lists:\n${lists}\n`)).toEqual(['f.yaml:2:3: lists: must have at most 32 items']);
  });

  test.each([
    { name: 'billion laughs', yaml: bomb() },
    { name: 'deep nesting', yaml: '['.repeat(5000) },
    { name: 'deep nesting, closed', yaml: `a: ${'['.repeat(5000)}${']'.repeat(5000)}` },
    { name: 'a circle', yaml: 'page: &p { help: *p }\nlists: &l [*l]\n' },
  ])('$name is refused, in bounded words', ({ yaml }) => {
    const found = faults(yaml);
    expect(found.length).toBeGreaterThan(0);
    expect(found.length).toBeLessThanOrEqual(25);
    for (const fault of found) expect(fault.length).toBeLessThan(300);
  });

  test('what is quoted is one line of bounded length', () => {
    expect(faults(`forwarded: { policy: "${'x'.repeat(5000)}\\n\\e[31m" }\n`)).toEqual([
      `f.yaml:1:22: forwarded.policy: must be drop or append or pass, not '${'x'.repeat(57)}...'`,
    ]);
  });
});

// Was quadratic in keys and in faults: 45,000 keys held up the control thread until the watchdog ended the process.
describe('a file of very many keys or faults (requirement 60)', () => {
  const lines = (count: number, line: (i: number) => string): string =>
    `${Array.from({ length: count }, (_, i) => line(i)).join('\n')}\n`;

  test('the first hundred faults are told, the others counted', () => {
    const found = faults(lines(12_000, (i) => `k${i}: 1`));
    expect(found).toHaveLength(101);
    expect(found.slice(0, 100).map((fault) => fault.replace(/: unknown key.*$/, ''))).toEqual(
      Array.from({ length: 100 }, (_, i) => `f.yaml:${i + 1}:1: k${i}`),
    );
    expect(found[100]).toBe('f.yaml:101:1: … and 11,900 more errors');
  });

  test('of a hundred and one the last is counted, of a hundred none', () => {
    expect(faults(lines(101, (i) => `k${i}: 1`)).at(-1)).toBe('f.yaml:101:1: … and 1 more error');
    expect(faults(lines(100, (i) => `k${i}: 1`)).at(-1)).toMatch(/^f\.yaml:100:1: k99: /);
  });

  test('faults of syntax likewise, after twenty', () => {
    const found = faults(lines(5000, (i) => `k${i}: @`));
    expect(found).toHaveLength(21);
    expect(faults(`a: [${','.repeat(5000)}]\n`)).toEqual(['f.yaml:1:6: Unexpected , in flow sequence']);
    expect(found[20]).toMatch(/: … and 4,9\d\d more errors$/);
    expect(faults(lines(300, () => 'a: 1')).at(-1)).toBe('f.yaml:21:1: … and 279 more errors');
  });

  test('places behind an alias', () => {
    const found = faults(`upstream: &u\n${lines(5000, (i) => `  k${i}: 1`)}limits: *u\n`);
    expect(found[0]).toMatch(/^f\.yaml:2:3: (?:upstream|limits)\.k0: unknown key/);
    expect(found[1]).toMatch(/^f\.yaml:2:3: (?:upstream|limits)\.k0: unknown key/);
    expect(found[2]).toMatch(/^f\.yaml:3:3: (?:upstream|limits)\.k1: unknown key/);
    expect(found.at(-1)).toBe('f.yaml:52:3: … and 9,900 more errors');
  });

  test('a thousand aliases, as often as what they stand for has room', () => {
    const aliases = (count: number, of: string): readonly string[] =>
      faults(`admin: { hosts: &h ${of} }\n${LIST} }\nlanguages: { use: [${'*h,'.repeat(count)}] }\n`);
    // Were faults: they had their place at the beginning of the file. Here it is the first alias that is too much: 1,002 nodes each, 100,000 in all.
    const many = 'too many aliases; a configuration needs none of that';
    const line = LIST.split('\n').length + 2;
    expect(aliases(1001, '[]')).toEqual([`f.yaml:${line}:${'languages: { use: ['.length + 1000 * 3 + 1}: ${many}`]);
    expect(aliases(1000, '[]').join('\n')).not.toContain(many);
    expect(aliases(90, `[${'a,'.repeat(1000)}]`).join('\n')).not.toContain(many);
    expect(aliases(110, `[${'a,'.repeat(1000)}]`)).toEqual([
      `f.yaml:${line}:${'languages: { use: ['.length + 99 * 3 + 1}: ${many}`,
    ]);
    // What stands for itself has no end.
    expect(faults('workers: 2\npage: &p { help: [*p] }\n')).toEqual([
      'f.yaml:2:19: stands for what it is in, and has no end',
    ]);
    // A few that stand for each other come to a million.
    const laughs = Array.from({ length: 6 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(10)}]\n`).join('');
    expect(faults(`a0: &a0 x\n${laughs}`)).toEqual([`f.yaml:6:${'a5: &a5 ['.length + 3 * 4 + 1}: ${many}`]);
  });

  test('keys given twice are found at any depth', () => {
    expect(
      faults('limits: { headerCount: 1, headerCount: 2 }\nlisteners:\n  - { name: a, port: 1, port: 2, name: b }\n'),
    ).toEqual([
      "f.yaml:1:27: the key 'headerCount' is given twice",
      "f.yaml:3:25: the key 'port' is given twice",
      "f.yaml:3:34: the key 'name' is given twice",
    ]);
  });

  test('lists and listeners without number', () => {
    const found = faults(
      `lists:\n${lines(3000, (i) => `  - name: l${i}`)}listeners: [{ name: a, lists: [${lines(3000, (i) => `x${i},`).replaceAll('\n', ' ')}] }]\n`,
    );
    expect(found).toHaveLength(101);
    expect(found.at(-1)).toMatch(/ more errors$/);
  });

  test.each([
    {
      name: 'more words than a configuration has',
      yaml: lines(25_000, (i) => `k${i}: 1`),
      want: 'more than 100,000 tokens come before this one; is this the configuration?',
    },
    {
      name: 'a tree of 65 floors',
      yaml: `a: ${'['.repeat(65)}${']'.repeat(65)}`,
      want: 'nested too deeply; a configuration needs none of that',
    },
  ])('$name', ({ yaml, want }) => {
    const found = faults(yaml);
    expect(found).toHaveLength(1);
    expect(found[0]!.endsWith(`: ${want}`)).toBe(true);
  });

  test('as much as the schema permits is read', () => {
    const prefixes = (block: number): string =>
      lines(1000, (i) => `      - 10.${block}.${i >> 8}.${i & 255}/32   # a customer`);
    const shared = lines(
      1000,
      (i) => `    - { prefix: 10.9.${i >> 8}.${i & 255}/32, connectionsPerClient: 2048 }  # a pool`,
    );
    const yaml = `exempt:\n  clients:\n${prefixes(1)}clients:\n  allow:\n${prefixes(2)}upstream:\n  allow:\n${prefixes(3)}limits:\n  sharedAddresses:\n${shared}`;
    expect(faults(yaml)).toEqual([]);
  });

  test('steps are short: the control thread has its turns between them', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cleanfeed-'));
    try {
      await writeFile(
        join(folder, 'f.yaml'),
        lines(12_000, (i) => `k${i}: 1`),
      );
      let rests = 0;
      const loaded = await loadConfig(join(folder, 'f.yaml'), {}, async () => await Promise.resolve(void (rests += 1)));
      expect(loaded.ok).toBe(false);
      // A thousand tokens a step, and seven tokens a line.
      expect(rests).toBeGreaterThan(84);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

test('any change of a good file gives a configuration or faults with a place, in our words', () => {
  const good = readFileSync(join(import.meta.dirname, '..', '..', 'config', 'default.yaml'), 'utf8');
  const splice = fc.record({
    at: fc.nat(good.length),
    remove: fc.nat(20),
    insert: fc.string({ maxLength: 5, unit: fc.constantFrom(...'[]{}:-&*!|>\'"%@`\t\n #a0.') }),
  });
  fc.assert(
    fc.property(fc.array(splice, { minLength: 1, maxLength: 4 }), (splices) => {
      const text = splices.reduce(
        (result, { at, remove, insert }) => result.slice(0, at) + insert + result.slice(at + remove),
        good,
      );
      const loaded = parseConfig(text, 'f.yaml', {});
      const found = loaded.ok ? [] : loaded.faults;
      expect(loaded.ok || found.length > 0).toBe(true);
      for (const { line, column, message } of found) {
        expect(Math.min(line, column)).toBeGreaterThan(0);
        expect(message).not.toMatch(/Invalid input|undefined|\[object/);
      }
    }),
    { numRuns: 200 },
  );
});

describe('files', () => {
  test('that cannot be read are a fault of their first line', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cleanfeed-config-'));
    await writeFile(join(folder, 'latin1.yaml'), Buffer.from('# x\npage: { operator: Qu\xe9bec }\n', 'latin1'));
    await writeFile(join(folder, 'utf16.yaml'), Buffer.from('\uFEFFworkers: 3\n', 'utf16le'));
    await writeFile(join(folder, 'unmarked.yaml'), Buffer.from('workers: 3\n', 'utf16le').swap16());
    await writeFile(join(folder, 'utf32.yaml'), Buffer.from([0xff, 0xfe, 0, 0, 0x77, 0, 0, 0]));
    await writeFile(join(folder, 'utf32be.yaml'), Buffer.from([0, 0, 0xfe, 0xff, 0, 0, 0, 0x77]));
    await writeFile(join(folder, 'four.yaml'), Buffer.from([0, 0, 0, 0x77, 0, 0, 0, 0x3a]));
    await writeFile(join(folder, 'bytes.yaml'), Buffer.from([0, 1, 2, 3]));
    await writeFile(join(folder, 'mac.yaml'), 'workers: 3\rpage: {}\r');
    await writeFile(join(folder, 'nul.yaml'), 'workers: 3\npage:\0\n');
    await writeFile(join(folder, 'replaced.yaml'), 'workers: 3 # \uFFFD\n');
    await writeFile(join(folder, 'empty.yaml'), ' \n');
    await writeFile(join(folder, 'large.yaml'), `#${'x'.repeat(1024 * 1024)}\n`);
    await writeFile(join(folder, 'bom.yaml'), '\uFEFFworkers: 3\r\n');
    const load = async (name: string) => {
      const loaded = await loadConfig(join(folder, name), {});
      return loaded.ok
        ? loaded.config.workers
        : loaded.faults.map((fault) => formatDiagnostic(fault).slice(folder.length + 1)).join('\n');
    };
    expect(await load('latin1.yaml')).toBe('latin1.yaml:2:21: is not UTF-8 text; save it as UTF-8');
    expect(await load('utf16.yaml')).toBe('utf16.yaml:1:1: is UTF-16; save it as UTF-8');
    expect(await load('unmarked.yaml')).toBe('unmarked.yaml:1:1: is UTF-16; save it as UTF-8');
    for (const name of ['utf32.yaml', 'utf32be.yaml', 'four.yaml'])
      expect(await load(name)).toBe(`${name}:1:1: is UTF-32; save it as UTF-8`);
    // Was a fault: any file that begins with a NUL byte was UTF-16.
    expect(await load('bytes.yaml')).toBe('bytes.yaml:1:1: has a NUL byte and is no text');
    // Was a fault: of its first line, which was all of it, a colon was told.
    expect(await load('mac.yaml')).toBe(
      'mac.yaml:1:1: has lines that end with CR alone; save it with LF, or CR LF, at their ends',
    );
    expect(await load('nul.yaml')).toBe('nul.yaml:2:6: has a NUL byte and is no text');
    expect(await load('replaced.yaml')).toBe(3);
    expect(await load('empty.yaml')).toBe('empty.yaml:1:1: is empty');
    expect(await load('large.yaml')).toBe('large.yaml:1:1: is larger than 1 MiB; is this the configuration?');
    expect(await load('missing.yaml')).toBe('missing.yaml:1:1: cannot be read: there is no such file');
    expect(await load('.')).toMatch(/cannot be read: it is a folder/);
    expect(await load('bom.yaml')).toBe(3);
    await rm(folder, { recursive: true });
  });
});

describe('values', () => {
  const config = (yaml: string, environment = {}) => {
    const loaded = parseConfig(yaml, '/etc/cleanfeed/f.yaml', environment);
    if (!loaded.ok) throw new Error(loaded.faults.map(formatDiagnostic).join('\n'));
    return loaded.config;
  };

  test('durations and sizes are milliseconds and bytes, whatever their unit', () => {
    const { timeouts, limits } = config(
      'timeouts: { header: 500ms, body: 2, idle: 2h4m, connect: 0.5, firstByte: 1h0m1s }\nlimits: { requestLineBytes: 8000, headerBytes: 1MiB, trailerBytes: 0B }\n',
    );
    expect(timeouts).toMatchObject({ header: 500, body: 2000, idle: 7_440_000, connect: 500, firstByte: 3_601_000 });
    expect(limits).toMatchObject({ requestLineBytes: 8000, headerBytes: 1_048_576, trailerBytes: 0 });
  });

  test('sources are relative to the file', () => {
    const { lists } = config(
      'lists:\n  - { name: a, source: lists/a.txt }\n  - { name: b, source: "file:///srv/b%20c.txt" }\n  - { name: c, source: /srv/c }\n  - { name: d, source: "https://L.example/d", interval: 1h }\n',
    );
    expect(lists.map(({ source }) => source)).toEqual([
      { kind: 'file', path: '/etc/cleanfeed/lists/a.txt' },
      { kind: 'file', path: '/srv/b c.txt' },
      { kind: 'file', path: '/srv/c' },
      { kind: 'https', url: 'https://l.example/d', intervalMs: 3_600_000, http: NO_TERMS },
    ]);
  });

  test('protected lists', () => {
    const { lists } = config(
      'lists:\n  - { name: a, source: "tuf+https://L.example/a", root: root.json, identity: credential:a, mirrors: ["tuf+file:///mnt/a/", "tuf+https://m.example/b/"], delay: 10m }\n  - { name: b, source: "tuf+file:///mnt/b", root: /srv/root.json, identity: b.age, namesIdentity: names.age, interval: 30s, ifPublisherGone: { after: 7d, then: drop }, ca: ca.pem, mirrors: ["tuf+https://m.example/"] }\nresolver: { zones: [{ name: block.rpz.example, file: block.zone, lists: [b] }] }\n',
    );
    expect(lists.map(({ source }) => source)).toEqual([
      {
        kind: 'tuf',
        mirrors: [
          { kind: 'https', url: 'https://l.example/a/' },
          { kind: 'folder', path: '/mnt/a' },
          { kind: 'https', url: 'https://m.example/b/' },
        ],
        root: '/etc/cleanfeed/root.json',
        identity: { kind: 'credential', name: 'a' },
        namesIdentity: null,
        intervalMs: 60_000,
        delayMs: 600_000,
        witnesses: [],
        ifPublisherGone: { afterMs: 30 * 86_400_000, action: 'serve' },
        http: NO_TERMS,
      },
      {
        kind: 'tuf',
        mirrors: [
          { kind: 'folder', path: '/mnt/b' },
          { kind: 'https', url: 'https://m.example/' },
        ],
        root: '/srv/root.json',
        identity: { kind: 'file', path: '/etc/cleanfeed/b.age', mayBeSecret: true },
        namesIdentity: { kind: 'file', path: '/etc/cleanfeed/names.age', mayBeSecret: true },
        intervalMs: 30_000,
        delayMs: 0,
        witnesses: [],
        ifPublisherGone: { afterMs: 7 * 86_400_000, action: 'drop' },
        http: { ...NO_TERMS, ca: '/etc/cleanfeed/ca.pem' },
      },
    ]);
  });

  // Was a fault: they were fetched, and lay there, wherever their key was.
  test('names are fetched only where a zone or the routes are made of the list', () => {
    const list = (name: string): string =>
      `  - { name: ${name}, source: "tuf+file:///mnt/${name}", root: root.json, identity: a.age, namesIdentity: names.age }\n`;
    const { lists } = config(
      `lists:\n${list('a')}${list('b')}${list('c')}resolver: { zones: [{ name: block.rpz.example, file: block.zone, lists: [a] }], routes: { file: steer.conf, lists: [b], resolvers: [192.0.2.53], rate: null } }\n`,
    );
    const fetched = lists.filter(({ source }) => source.kind === 'tuf' && source.namesIdentity !== null);
    expect(fetched.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  test('what a server is shown is relative to the file, unless it is a credential', () => {
    const { lists } = config(
      'lists:\n  - { name: a, source: "https://l.example/", ca: ca.pem, proxy: "http://proxy.example:3128", auth: { bearer: credential:licensed, clientCertificate: a.pem, clientKey: /srv/a.key } }\n  - { name: b, source: "https://l.example/", auth: { basic: ./password } }\n',
    );
    expect(lists.map(({ source }) => (source.kind === 'https' ? source.http : null))).toEqual([
      {
        ca: '/etc/cleanfeed/ca.pem',
        proxy: 'http://proxy.example:3128/',
        bearer: { kind: 'credential', name: 'licensed' },
        basic: null,
        client: { certificate: '/etc/cleanfeed/a.pem', key: { kind: 'file', path: '/srv/a.key' } },
      },
      { ...NO_TERMS, basic: { kind: 'file', path: '/etc/cleanfeed/password' } },
    ]);
  });

  test('a listener has the lists it names, or all', () => {
    const { listeners } = config(
      `listeners:\n  - { name: a }\n  - { name: b, port: 0, lists: [other] }\n  - { name: c, port: 0, lists: [] }\n${LIST} }\n  - { name: other, source: ./b }\n`,
    );
    expect(listeners.map(({ lists }) => lists)).toEqual([[0, 1], [1], []]);
  });

  test('the page of a list overrides key by key', () => {
    const { lists, page } = config(
      `page: { operator: ISP, contact: "mailto:a@isp.example", reason: { fr: Oui } }\n${LIST}, page: { contact: null, reason: { en: Because } } }\n`,
    );
    expect(page).toMatchObject({
      operator: { en: 'ISP', fr: 'ISP' },
      contact: 'mailto:a@isp.example',
      reason: { fr: 'Oui' },
    });
    expect(lists[0]?.page).toEqual({
      operator: { en: 'ISP', fr: 'ISP' },
      contact: null,
      appeal: null,
      tipLine: null,
      help: [],
      reason: { en: 'Because' },
    });
  });

  test('the operator is named in each language', () => {
    expect(config('{}').page.operator).toEqual({});
    expect(config('page: { operator: { en: A, fr: B } }\n').page.operator).toEqual({ en: 'A', fr: 'B' });
  });

  test('shared addresses without a cap have none of their own', () => {
    const { clientPrefix, sharedAddresses } = config(
      'limits: { clientPrefix: { ipv4: 24 }, sharedAddresses: [{ prefix: 198.51.100.0/24 }, { prefix: "2001:db8::/32", connectionsPerClient: 5 }] }\n',
    ).limits;
    expect(clientPrefix).toEqual({ ipv4: 24, ipv6: 56 });
    expect(
      sharedAddresses.map(({ prefix, connectionsPerClient }) => [formatPrefix(prefix), connectionsPerClient]),
    ).toEqual([
      ['198.51.100.0/24', null],
      ['2001:db8::/32', 5],
    ]);
  });

  test('names of the admin side are folded to lower case', () => {
    expect(config('admin: { hosts: [Filter1.ISP.example, node_7] }\n').admin.hosts).toEqual([
      'filter1.isp.example',
      'node_7',
    ]);
  });

  test('addresses of the page are safe in a header and an attribute', () => {
    expect(config('page: { contact: "https://isp.example/é <x>" }\n').page.contact).toBe(
      'https://isp.example/%C3%A9%20%3Cx%3E',
    );
  });

  test('resolvers get their port', () => {
    const { servers } = config(
      'upstream: { dns: { servers: [192.0.2.1, 192.0.2.2:5353, "2001:db8::1", "[2001:db8::2]:53"] } }\n',
    ).upstream.dns;
    expect(servers).toEqual(['192.0.2.1:53', '192.0.2.2:5353', '[2001:db8::1]:53', '[2001:db8::2]:53']);
  });

  test('an open proxy is possible where it is meant', () => {
    const open = config(
      'listeners: [{ name: a, address: 0.0.0.0 }]\nclients: { allow: [0.0.0.0/0], openProxy: true }\n',
    );
    expect(open.clients.allow.map(formatPrefix)).toEqual(['0.0.0.0/0']);
  });

  test.each([
    {
      name: 'configured',
      yaml: 'state: { directory: ./state }',
      environment: { STATE_DIRECTORY: '/x' },
      want: '/etc/cleanfeed/state',
    },
    {
      name: 'systemd',
      yaml: 'workers: 1',
      environment: { STATE_DIRECTORY: '/var/lib/cleanfeed:/other', XDG_STATE_HOME: '/y' },
      want: '/var/lib/cleanfeed',
    },
    {
      name: 'XDG',
      yaml: 'workers: 1',
      environment: { XDG_STATE_HOME: '/home/a/.state' },
      want: '/home/a/.state/cleanfeed',
    },
    {
      name: 'home',
      yaml: 'workers: 1',
      environment: { HOME: '/home/a', XDG_STATE_HOME: 'relative' },
      want: '/home/a/.local/state/cleanfeed',
    },
  ])('state directory: $name', ({ yaml, environment, want }) => {
    expect(config(yaml, environment).state.directory).toBe(want);
  });

  test('the configuration can be handed to a thread', () => {
    expect(structuredClone(config(`${LIST} }\n`))).toEqual(config(`${LIST} }\n`));
  });
});

function faults(yaml: string): string[] {
  const loaded = parseConfig(yaml, 'f.yaml', {});
  return loaded.ok ? [] : loaded.faults.map(formatDiagnostic);
}

function bomb(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
  for (let i = 1; i < 12; i++)
    lines.push(
      `a${i}: &a${i} [${Array(9)
        .fill(`*a${i - 1}`)
        .join(', ')}]`,
    );
  return `${lines.join('\n')}\n`;
}

test('workers: auto is the number of this machine, within the bounds of the key', () => {
  const loaded = parseConfig('workers: auto\n', 'f.yaml', {});
  expect(loaded).toMatchObject({ ok: true, config: { workers: automaticWorkers(64), workersAuto: true } });
  expect(faults('workers: many\n')).toEqual([
    "f.yaml:1:10: workers: must be auto, or a whole number from 1 to 64, not 'many'",
  ]);
});
