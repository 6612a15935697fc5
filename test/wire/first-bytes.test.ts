import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FIRST, MAX_UNDECIDED, lastBytes } from '../../src/wire/first-bytes.ts';
import { everyCut } from '../support/reference/read-head.ts';
import { firstKind, readObserved } from '../support/reference/read-observed.ts';
import { requestHeadText } from './made-up-head.ts';

const LIMITS = { requestLineBytes: 4000, headerBytes: 4000, headerCount: 50 };

describe('first bytes', () => {
  const cases: readonly [kind: 'more' | 'tls' | 'http' | 'other', texts: readonly string[]][] = [
    [
      'tls',
      [
        '\x16\x03',
        '\x16\x03\x01\x02\x00\x01',
        '\x16\x03\xff',
        '\x16\x02\x01\0\x50\x01',
        '\x16\0\0\0\x50\x01',
        '\x14\x03',
        '\x15\x03',
      ],
    ],
    [
      'http',
      [
        'GET ',
        'GET\t/',
        'POST /',
        'GET\r/',
        '\r\n\n GET /',
        'get /page HTTP/1.1\r\n',
        'get /page http/',
        'FOO /page\n',
        'GET /page\n',
        'FOO bar HTTP/',
        'PROPFIND /page HTTP/1.1\r\n',
        'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
        'OPTIONS * HTTP/1.1\r\n',
        'GET\xa0/page\xa0HTTP/',
        'a\x85b\x85HTTP/',
        'G@T /page HTTP/1.1',
        'M-SEARCH * HTTP/1.1\r\n',
        'SOURCE /mount ICE/1.0\r\n',
        '\x01 /page\n',
        '\x01\xff\xfe /page HTTP/',
        '< / HTTP/1.1\r\n',
        '  HTTP/1.1\n',
        'A'.repeat(MAX_UNDECIDED),
        '\n'.repeat(MAX_UNDECIDED),
        `OPTIONS ${'a'.repeat(MAX_UNDECIDED)}`,
      ],
    ],
    [
      'more',
      [
        '',
        '\x16',
        '\x14',
        '\x14\x02',
        '\x15\x10\x01\0',
        '\x15\x10\x01\0\x02\x01',
        '\x15\x10\x01\0\x02\x01\x5a',
        '\x16\x10',
        '\x16\x10\x01\0\0',
        '\x16\x02\x01\0\x50',
        '\r\n',
        ' ',
        'G',
        'GET',
        'FOO /page',
        'PRI *',
        'FOO /page FOO',
        'A'.repeat(MAX_UNDECIDED - 1),
      ],
    ],
    [
      'other',
      [
        '\x16\x02\x01\0\x50\x02',
        '\x16\x10\x01\0\x50\x02',
        '\x14\x02\0\0\x50\x01',
        '\x15\x02\0\0\x50\x01',
        '\x14\x02\0\0\x01\x01\x17',
        '\x15\0\0\0\x02ab\0',
        '\x16\0\0\0\0\0',
        '\x16\0\0\0\x02\x01\0\x01',
        '\x17\x03',
        '\0',
        '\x13BitTorrent protocol',
        'SSH-2.0-OpenSSH_10.0\r\n',
        '<stream:stream to="a.example">',
        '<policy-file-request/>\0',
        '{"id":1}',
        'EHLO a.example\r\n',
        'NICK nobody\r\n',
        'USER a b c :d\r\n',
        'USER a\n',
        'DESCRIBE rtsp://a.example/x RTSP/1.0\r\n',
        'REGISTER sip:a.example SIP/2.0\r\n',
        'CONNECT {"verbose":false}\r\n',
        'CONNECT\naccept-version:1.2\n',
        '*1\r\n$4\r\nPING\r\n',
        'get key\r\n',
        'WA\x06\x03',
        'FOO\r\n',
        '\x80\x2e\x01\x03\x01',
        '\x03\0\0\x13',
        '\xef\xef\x01',
        'FOO /pa\x01ge',
      ],
    ],
  ];
  test.each(
    cases.flatMap(([kind, texts]) => texts.map((text) => ({ kind, text, name: JSON.stringify(text.slice(0, 40)) }))),
  )('$kind: $name', ({ kind, text }) => {
    expect(firstKind(text)).toBe(kind);
  });

  test.each([
    ['more', ['', '\r\n', ' ', '\x16', '\x14\x02', 'GET', 'FOO /page', 'PRI *', 'FOO http://a.example/']],
    ['other', ['G', 'FOO', '10 <13>1 - - x y', 'A'.repeat(MAX_UNDECIDED - 1)]],
    ['tls', ['\x16\x03']],
    ['http', ['GET ', 'FOO bar HTTP/', 'A'.repeat(MAX_UNDECIDED)]],
  ] as const)('%s is what the client ends with: %j', (kind, texts) => {
    const kinds = texts.map((text) => lastBytes(Buffer.from(text, 'latin1'), 0, text.length));
    expect(kinds).toEqual(texts.map(() => FIRST[kind]));
  });

  test('half a line behind which nothing comes is what the whole line is, or goes nowhere', () => {
    fc.assert(
      fc.property(requestHeadText, fc.nat(), (text, at) => {
        const half = text.slice(0, at % (text.length + 1));
        const last = lastBytes(Buffer.from(half, 'latin1'), 0, half.length);
        if (firstKind(half) === 'more' && last !== FIRST.more) expect(last).toBe(FIRST[firstKind(`${half}\n`)]);
      }),
      { numRuns: 1000 },
    );
  });

  const byte = (value: number): string => String.fromCharCode(value);
  const MAJORS = [...Array(256).keys()];

  // Were faults: JSSE, NSS and wolfSSL look at no record's version, and only versions below 16 were TLS here.
  test.each([
    { name: 'a ClientHello', text: (major: string) => `\x16${major}\x01\0\x50\x01` },
    { name: 'the first byte of a ClientHello', text: (major: string) => `\x16${major}\x01\0\x01\x01\x16` },
    { name: 'a ClientHello behind an empty record', text: (major: string) => `\x16${major}\x01\0\0\x16` },
    { name: 'an alert first', text: (major: string) => `\x15${major}\x01\0\x02\x01\x5a\x16` },
    { name: 'two alerts first', text: (major: string) => `\x15${major}\x01\0\x02\x01\x5a\x15` },
    { name: 'ChangeCipherSpec first', text: (major: string) => `\x14${major}\x01\0\x01\x01\x16` },
  ])('$name is TLS whatever the version of its record', ({ text }) => {
    const kinds = MAJORS.map((major) => firstKind(text(byte(major))));
    expect(kinds).toEqual(MAJORS.map(() => 'tls'));
  });

  test('nothing of TLS is taken for anything else before it is known, wherever it is cut', () => {
    for (const major of MAJORS)
      for (const text of [`\x16${byte(major)}\x01\0\x50\x01`, `\x15${byte(major)}\x01\0\x02\x01\x5a\x16`])
        for (const cut of everyCut(text)) expect(['more', 'tls']).toContain(firstKind(text.slice(0, cut)));
  });

  test.each([
    ['lengths in four bytes, least first', '\x14\0\0\0\x01\0\0\0'],
    ['lengths in four bytes, and a small number', '\x16\0\0\0\x02\0\0\0'],
    ['a Minecraft client', '\x16\0\xfe\x05\x0fplay.example\x63\xdd\x01'],
    ['an answer in its place', '\x15\x01\0\0\x15\x01abc'],
  ])('%s are none', (_, text) => {
    expect(firstKind(text)).toBe('other');
  });

  test('nothing that is read as a request is anything else than HTTP', () => {
    fc.assert(
      fc.property(requestHeadText, (text) => {
        const read = readObserved(text, LIMITS);
        if (typeof read === 'object' && 'method' in read) expect(firstKind(text)).toBe('http');
      }),
      { numRuns: 3000 },
    );
  });

  test('what was decided stays, unless what is no HTTP goes on as if it were', () => {
    fc.assert(
      fc.property(requestHeadText, (text) => {
        const kinds = [...everyCut(text), text.length].map((cut) => firstKind(text.slice(0, cut)));
        const decided = kinds.find((kind) => kind !== 'more') ?? 'more';
        if (decided !== 'other' || firstKind(text) !== 'http') expect(firstKind(text)).toBe(decided);
      }),
      { numRuns: 1000 },
    );
  });
});
