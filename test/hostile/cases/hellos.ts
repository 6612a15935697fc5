/**
 * The first bytes of TLS connections: whom each of them names, and what becomes of it (requirement 28). What real servers make of odd
 * names: test/e2e/tls-servers.real.test.ts.
 */
import {
  EXTENSION,
  extension,
  helloFor,
  helloMessage,
  inRecords,
  nameEntry,
  record,
  serverName,
  vector,
} from '../../support/reference/made-hello.ts';

export const HELLO_LIST = 'whole.example\n*.below.example\npaths.example/page\n192.0.2.66\n[2001:db8::66]';
/** What a client is refused with: the alert unrecognized_name. */
export const ALERT = '\x15\x03\x03\0\x02\x02p';

export const hello = (...extensions: readonly Buffer[]): Buffer => inRecords(helloMessage({ extensions }));

interface HelloCase {
  readonly name: string;
  readonly bytes: Buffer;
  /** Where an origin is known before anybody is named. */
  readonly want: 'passes' | 'is refused' | 'is closed';
  readonly counted: 'sni' | 'none' | 'ech' | 'malformed' | null;
  /** The name that says where to, of one that passes; null: it says so of none. */
  readonly leadsTo?: string | null;
}

const LISTED_MESSAGE = helloMessage({ extensions: [serverName('whole.example')] });
const ECH = extension(EXTENSION.ech, Buffer.alloc(150, 7));
/** Under HELLO_LIST, towards an address that it does not have. */
export const HELLOS: readonly HelloCase[] = [
  {
    name: 'a server name',
    bytes: helloFor('other.example'),
    want: 'passes',
    leadsTo: 'other.example',
    counted: 'sni',
  },
  {
    name: 'a listed server name',
    bytes: helloFor('whole.example'),
    want: 'is refused',
    counted: 'sni',
  },
  { name: 'a host below a listed one', bytes: helloFor('a.below.example'), want: 'is refused', counted: 'sni' },
  {
    name: 'a host with listed paths',
    bytes: helloFor('paths.example'),
    want: 'passes',
    leadsTo: 'paths.example',
    counted: 'sni',
  },
  { name: 'no server name', bytes: hello(), want: 'passes', leadsTo: null, counted: 'none' },
  {
    name: 'no extensions',
    bytes: inRecords(helloMessage({ version: 0x0301, extensions: null })),
    want: 'passes',
    leadsTo: null,
    counted: 'none',
  },
  { name: 'an IPv4 literal', bytes: helloFor('192.0.2.1'), want: 'passes', leadsTo: '192.0.2.1', counted: 'sni' },
  { name: 'a listed IPv4 literal', bytes: helloFor('192.0.2.66'), want: 'is refused', counted: 'sni' },
  { name: 'a listed IPv6 literal', bytes: helloFor('2001:DB8::66'), want: 'is refused', counted: 'sni' },
  {
    name: 'ECH, the outer name on no list',
    bytes: hello(serverName('public.example'), ECH),
    want: 'passes',
    leadsTo: 'public.example',
    counted: 'ech',
  },
  {
    name: 'ECH, the outer name listed',
    bytes: hello(serverName('whole.example'), ECH),
    want: 'is refused',
    counted: 'ech',
  },
  { name: 'ECH without an outer name', bytes: hello(ECH), want: 'passes', leadsTo: null, counted: 'ech' },
  { name: 'not TLS at all', bytes: Buffer.from('\0not TLS'), want: 'passes', leadsTo: null, counted: null },
  {
    name: 'not TLS at all: SSL 2.0',
    bytes: Buffer.from('802e0100020015000000100100800200800300800400800500800600400700c0', 'hex'),
    want: 'passes',
    leadsTo: null,
    counted: null,
  },
  // Were faults: only records of a version below 16 were TLS, and others reached servers that look at no version (JSSE, NSS, wolfSSL).
  ...[0x0001, 0x0f01, 0x1001, 0x7f01, 0xff01].flatMap((version): HelloCase[] =>
    Object.entries({
      'a record': record(LISTED_MESSAGE, 22, version),
      'an alert before it': Buffer.concat([record(Buffer.from([1, 90]), 21, version), record(LISTED_MESSAGE)]),
      'ChangeCipherSpec before it': Buffer.concat([record(Buffer.from([1]), 20, version), record(LISTED_MESSAGE)]),
      'an empty record before it': Buffer.concat([record(Buffer.alloc(0), 22, version), record(LISTED_MESSAGE)]),
    }).map(([what, bytes]) => ({
      name: `${what}, of version ${version.toString(16)}`,
      bytes,
      want: 'is closed',
      counted: 'malformed',
    })),
  ),
  {
    name: 'two names, the first listed',
    bytes: helloFor('whole.example', 'other.example'),
    want: 'is refused',
    counted: 'sni',
  },
  {
    name: 'two names, the second listed',
    bytes: helloFor('other.example', 'whole.example'),
    want: 'is refused',
    counted: 'sni',
  },
  {
    name: 'two extensions with a name each',
    bytes: hello(serverName('other.example'), serverName('whole.example')),
    want: 'is refused',
    counted: 'sni',
  },
  {
    name: 'a name of another type before it',
    bytes: hello(extension(0, vector(2, nameEntry('x', 7), nameEntry('whole.example')))),
    want: 'is refused',
    counted: 'sni',
  },
  // Was a fault: it named nobody here, and the listed host to Tomcat.
  {
    name: 'a listed name of another type',
    bytes: hello(extension(0, vector(2, nameEntry('whole.example', 1)))),
    want: 'is refused',
    counted: 'sni',
  },
  { name: 'an empty name', bytes: helloFor(''), want: 'passes', leadsTo: null, counted: 'none' },
  { name: 'a trailing dot', bytes: helloFor('whole.example.'), want: 'is refused', counted: 'sni' },
  { name: 'upper case', bytes: helloFor('WHOLE.EXAMPLE'), want: 'is refused', counted: 'sni' },
  { name: 'a port behind it', bytes: helloFor('whole.example:443'), want: 'is refused', counted: 'sni' },
  { name: 'NUL behind it', bytes: helloFor('whole.example\0'), want: 'is refused', counted: 'sni' },
  { name: 'NUL before it', bytes: helloFor('\0whole.example'), want: 'is refused', counted: 'sni' },
  { name: 'a name of 60,000 bytes', bytes: helloFor('n'.repeat(60_000)), want: 'is refused', counted: 'sni' },
  {
    name: 'a name of 65,535 bytes, as its length says',
    bytes: hello(extension(0, Buffer.from('fffe00ffff', 'hex'), Buffer.alloc(40_000, 'n'))),
    want: 'is closed',
    counted: 'malformed',
  },
  {
    name: 'a hello above the bound',
    bytes: hello(extension(21, Buffer.alloc(64_000)), serverName('whole.example'), extension(21, Buffer.alloc(1500))),
    want: 'is closed',
    counted: 'malformed',
  },
  {
    name: 'post-quantum keys before it',
    bytes: hello(extension(51, Buffer.alloc(1300)), extension(41, Buffer.alloc(900)), serverName('whole.example')),
    want: 'is refused',
    counted: 'sni',
  },
  {
    name: 'GREASE around it',
    bytes: hello(extension(0x1a1a), serverName('whole.example'), extension(0xfafa, Buffer.alloc(1))),
    want: 'is refused',
    counted: 'sni',
  },
  {
    name: 'early data behind it',
    bytes: Buffer.concat([helloFor('whole.example'), record(Buffer.alloc(400), 23)]),
    want: 'is refused',
    counted: 'sni',
  },
  {
    name: 'records of one byte',
    bytes: inRecords(helloMessage({ extensions: [serverName('whole.example')] }), 1),
    want: 'is refused',
    counted: 'sni',
  },
];
