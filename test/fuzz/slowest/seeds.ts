/** Heads that the search for slow ones starts from: every trick that has cost time somewhere, one for each part of a head. */
import type { Piece, SlowHead } from '../../../bench/heads/pieces.ts';
import { LISTED } from '../../../bench/heads/whole-path.ts';

const END: Piece = ['\r\n\r\n', 1];
const ELSEWHERE = 'http://other.example';
const HERE = `http://${LISTED}`;
const utf8 = (text: string): string => Buffer.from(text).toString('latin1');
const letters = (count: number): string =>
  utf8(String.fromCodePoint(...Array.from({ length: count }, (_, i) => 0x4e00 + ((i * 7919) % 20_000))));
const request = (part: string, pieces: readonly Piece[]): SlowHead => ({ part, side: 'request', pieces });
const response = (part: string, pieces: readonly Piece[]): SlowHead => ({ part, side: 'response', pieces });
const line = (target: readonly Piece[], method = 'GET'): Piece[] => [
  [`${method} `, 1],
  ...target,
  [' HTTP/1.1\r\nHost: x', 1],
];
const withFields = (fields: readonly Piece[], target = `${ELSEWHERE}/`, method = 'GET'): Piece[] => [
  ...line([[target, 1]], method),
  ...fields,
  END,
];
const path = (pieces: readonly Piece[]): Piece[] => [...line([[HERE, 1], ...pieces]), END];
const host = (pieces: readonly Piece[]): Piece[] => [...line([['http://', 1], ...pieces, ['/', 1]]), END];

const hosts: readonly (readonly Piece[])[] = [
  [[letters(300), 1]],
  [
    ['a', 1],
    [utf8('\u0301'), 490],
  ],
  [
    ['a', 1],
    [utf8('\u0301\u0323'), 240],
  ],
  [[utf8('\ufdfa'), 330]],
  [[`${utf8('\u00e9')}.`, 330]],
  [
    [utf8('\u00ad'), 480],
    ['a', 1],
  ],
  [
    ['%25', 300],
    ['61', 1],
  ],
  [
    ['%', 1],
    ['25', 480],
    ['61', 1],
  ],
  [
    ['.', 980],
    ['a', 1],
  ],
  [
    ['a.', 120],
    ['deep.example', 1],
  ],
  [
    ['a.', 120],
    [LISTED, 1],
  ],
  [
    ['0', 980],
    ['1', 1],
  ],
  [
    ['[', 1],
    ['0:', 480],
    [']', 1],
  ],
  [['xn--a.', 160]],
];

const paths: readonly (readonly Piece[])[] = [
  [['/a', 8000]],
  [['/', 16_000]],
  [
    ['/a/', 1],
    ['../', 5000],
  ],
  [
    ['/a', 4000],
    ['/..', 2500],
  ],
  [
    ['/', 1],
    ['%2e%2e%2f', 1800],
  ],
  [
    ['/', 1],
    ['%25', 5000],
    ['2f', 1],
  ],
  [
    ['/', 1],
    ['\\', 16_000],
  ],
  [
    ['/', 1],
    ['%5c..%2f', 1800],
  ],
  [
    ['/', 1],
    ['%01', 5000],
  ],
  [
    ['/', 1],
    ['\x80', 16_000],
  ],
  [
    ['/', 1],
    ['%3F', 5000],
  ],
  [
    ['/page;', 1],
    ['a;', 8000],
  ],
  [['/.;a', 4000]],
  [
    ['/a', 32],
    ['/', 1],
    ['x', 16_000],
  ],
  [
    ['/b/', 1],
    ['b/', 31],
    ['y', 16_000],
    ['?', 1],
    ['z', 1],
  ],
  [
    ['/page?', 1],
    ['%25', 5000],
  ],
  [
    ['/page?', 1],
    ['a=b&', 4000],
  ],
  [
    ['/q%5cy/../', 60],
    ['page', 1],
  ],
];

const lists = [
  'Connection',
  'Via',
  'Upgrade',
  'Transfer-Encoding',
  'Max-Forwards',
  'X-Forwarded-For',
  'Forwarded',
  'Accept',
  'Accept-Language',
  'TE',
  'Expect',
  'Authorization',
  'Proxy-Connection',
];
const units = [',', ', ', 'a,', ' ', 'a ', '"', '0 , ', ';q=0.1,'];

export const SEEDS: readonly SlowHead[] = [
  ...hosts.flatMap((pieces) => [
    request('host', host(pieces)),
    request('CONNECT', [...line([...pieces, [':443', 1]], 'CONNECT'), END]),
  ]),
  ...paths.map((pieces) => request('path', path(pieces))),
  ...lists.flatMap((name) =>
    units.flatMap((unit) => [
      request(
        name,
        withFields(
          [
            [`\r\nConnection: upgrade, x\r\n${name}: 0`, 1],
            [unit, Math.floor(60_000 / unit.length)],
            ['0', 1],
          ],
          `${ELSEWHERE}/`,
          name === 'Max-Forwards' ? 'OPTIONS' : 'GET',
        ),
      ),
      request(
        `${name}, refused`,
        withFields(
          [
            [`\r\nConnection: x\r\n${name}: `, 1],
            [unit, Math.floor(900 / unit.length)],
          ],
          `${HERE}/page`,
        ),
      ),
    ]),
  ),
  request(
    'fields',
    withFields([
      ['\r\nX: a', 120],
      ['b', 50_000],
    ]),
  ),
  request(
    'fields',
    withFields([
      ['\r\nConnection: x,y,z', 40],
      ['\r\nX: a', 80],
    ]),
  ),
  request(
    'fields',
    withFields([
      ['\r\n', 1],
      ['N', 60_000],
      [': v', 1],
    ]),
  ),
  request(
    'fields',
    withFields([
      ['\r\nX:', 1],
      [' ', 60_000],
    ]),
  ),
  request('fields', withFields([['\r\nX-Forwarded-For: a', 120]])),
  request('fields', withFields([['\r\nAccept-Language: fr;q=0.1', 120]], `${HERE}/page`)),
  request('Host', [['GET ', 1], [ELSEWHERE, 1], ['/ HTTP/1.1\r\nHost: ', 1], ['a', 60_000], END]),
  request('line', [['A', 60], [' ', 1], [ELSEWHERE, 1], ['/', 1], ['a', 16_000], [' HTTP/1.1\r\nHost: x', 1], END]),
  ...['\n', ' \n', 'a\n', 'a: b\n', 'a: b\n c\n', '\r', ':\n', 'a:\x01\n'].map((unit) =>
    response('repair', [
      ['HTTP/1.1 200 OK\n', 1],
      [unit, Math.floor(120_000 / unit.length)],
      ['\n\n', 1],
    ]),
  ),
  response('repair', [
    ['HTTP/1.1 200 ', 1],
    ['\x01', 120_000],
    ['\n\n', 1],
  ]),
  response('repair', [
    ['HTTP/1.1', 1],
    [' ', 120_000],
    ['\n\n', 1],
  ]),
  response('repair', [
    ['HTTP/1.1 200 OK\nContent-Length: 5', 1],
    [',5', 60_000],
    ['\n\n', 1],
  ]),
  ...['Connection', 'Upgrade', 'WWW-Authenticate', 'Transfer-Encoding', 'Content-Length'].flatMap((name) =>
    [',', 'n ', 'ntl ', ' ', 'a,'].map((unit) =>
      response(name, [
        [`HTTP/1.1 200 OK\r\n${name}: a`, 1],
        [unit, Math.floor(120_000 / unit.length)],
        ['b\r\n\r\n', 1],
      ]),
    ),
  ),
  response('answer', [['HTTP/1.1 200 ', 1], ['a', 120_000], END]),
  response('answer', [['HTTP/1.1 200 OK', 1], ['\r\nConnection: x,y,z', 40], ['\r\nX: a', 80], END]),
];

/** What a unit may be changed to: what means something to one of the readers. */
export const DICTIONARY: readonly string[] = [
  ...'aAnN0%./\\,;:?#"= \t\r\n\x01\x80\xff()[]*-_&',
  '%2',
  '%25',
  '%2f',
  '%2e',
  '%5c',
  '%3f',
  '%00',
  '..',
  '/..',
  '../',
  '//',
  './',
  ';a',
  '.;',
  '\r\n',
  '\r\n ',
  '\n ',
  ': ',
  ', ',
  'a,',
  'close,',
  'upgrade,',
  'x-a,',
  '1.1 a,',
  ';q=',
  'ntlm ',
  'negotiate,',
  '\\"',
  ...[
    '\u00e9',
    '\u0301',
    '\u0323',
    '\u00ad',
    '\u200d',
    '\u3002',
    '\uff0e',
    '\u4e00',
    '\ufdfa',
    '\u1e69',
    '\uac01',
    '\ud842\udfb7',
    '\u{1d15e}',
    '\u0130',
  ].map(utf8),
  letters(20),
  letters(63),
  'xn--',
  'xn--a-',
  '0x',
  '::',
  '/page',
  '/a',
  '/b',
  LISTED,
  'deep.example',
  'a.',
  'HTTP/1.1 ',
];
