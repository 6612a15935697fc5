/**
 * What goes over port 80 besides pages, and must pass a filter as if there were none: each with both sides' scripts. Hosts of
 * an ISP's own life: revocation, certificates, captive portals, packages, radio, firmware, streams, other people's proxies.
 */
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Exchange, Side } from './exchange.ts';

const HOST = 'Host: origin.example\r\n';
const MEGABYTE = 1024 * 1024;
const BODY = randomBytes(3000);
const LARGE = randomBytes(8 * MEGABYTE);

/** A request, a whole answer, and nothing else. */
function simple(name: string, request: string | Buffer, answer: string | Buffer, until = '\r\n\r\n'): Exchange {
  return {
    name,
    client: async (side) => {
      side.send(request);
      await side.exactly(answer.length);
    },
    origin: async (side) => {
      await side.until(until);
      side.send(answer);
      await side.ended();
    },
  };
}

function answer(body: string | Buffer, fields = '', status = '200 OK'): Buffer {
  const bytes = typeof body === 'string' ? Buffer.from(body, 'latin1') : body;
  return Buffer.concat([
    Buffer.from(`HTTP/1.1 ${status}\r\nContent-Length: ${bytes.length}\r\n${fields}\r\n`, 'latin1'),
    bytes,
  ]);
}

const get = (path: string, fields = '', version = 'HTTP/1.1'): string =>
  `GET ${path} ${version}\r\n${HOST}${fields}\r\n`;

async function heads(side: Side, count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) await side.until('\r\n\r\n');
}

const FRAME = Buffer.from([0x82, 3, 1, 2, 3]);
const PARTS = 20;

export const PORT_80: readonly Exchange[] = [
  {
    name: 'OCSP: a request in DER, an answer in DER',
    client: async (side) => {
      side.send(
        Buffer.concat([
          Buffer.from(
            `POST /ocsp HTTP/1.1\r\n${HOST}Content-Type: application/ocsp-request\r\nContent-Length: ${BODY.length}\r\n\r\n`,
          ),
          BODY,
        ]),
      );
      await side.exactly(answer(BODY, 'Content-Type: application/ocsp-response\r\n').length);
    },
    origin: async (side) => {
      await side.until('\r\n\r\n');
      await side.exactly(BODY.length);
      side.send(answer(BODY, 'Content-Type: application/ocsp-response\r\n'));
      await side.ended();
    },
  },
  simple(
    'OCSP: by GET, with slashes and percent in base64',
    get('/ocsp/MFEwTzBNMEswSTAJBgUr%2BDgMCGgUABBR/a//b=='),
    answer(BODY),
  ),
  simple(
    'CRL: fetched whole',
    get('/crl/ca.crl'),
    answer(LARGE.subarray(0, MEGABYTE), 'Content-Type: application/pkix-crl\r\n'),
  ),
  simple(
    'CRL: not modified, with a length that is none of this answer',
    get('/crl/ca.crl', 'If-Modified-Since: Thu, 26 Nov 2026 00:00:00 GMT\r\n'),
    'HTTP/1.1 304 Not Modified\r\nContent-Length: 1048576\r\nETag: "1"\r\n\r\n',
  ),
  simple(
    'ACME http-01',
    get(
      '/.well-known/acme-challenge/evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA',
      'User-Agent: Mozilla/5.0 (compatible; validation server)\r\n',
    ),
    answer('evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA.9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI'),
  ),
  simple('captive portal: 204', get('/generate_204'), 'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n'),
  simple(
    'captive portal: a word',
    `GET /hotspot-detect.html HTTP/1.0\r\n${HOST}Connection: close\r\n\r\n`,
    answer('<HTML><BODY>Success</BODY></HTML>'),
  ),
  simple('captive portal: a line of text', get('/connecttest.txt'), answer('Microsoft Connect Test')),
  {
    name: 'apt: ten pipelined requests with ranges',
    client: async (side) => {
      for (let i = 0; i < 10; i += 1)
        side.send(
          get(
            `/pool/main/p/p_${i}.deb`,
            `Range: bytes=${i * 10}-\r\nIf-Range: Thu, 26 Nov 2026 00:00:00 GMT\r\nUser-Agent: Debian APT-HTTP/1.3\r\n`,
          ),
        );
      for (let i = 0; i < 10; i += 1) await side.until(`end ${i}\n`);
    },
    origin: async (side) => {
      for (let i = 0; i < 10; i += 1) {
        await side.until('\r\n\r\n');
        side.send(
          answer(
            `${'x'.repeat(5000)}end ${i}\n`,
            `Content-Range: bytes ${i * 10}-${i * 10 + 5005}/*\r\n`,
            '206 Partial Content',
          ),
        );
      }
      await side.ended();
    },
  },
  simple(
    'a range that is not there',
    get('/x', 'Range: bytes=9-\r\n'),
    answer('', 'Content-Range: bytes */5\r\n', '416 Range Not Satisfiable'),
  ),
  {
    name: 'ICY: a stream with a status line of its own, piece by piece',
    client: async (side, meet) => {
      side.send(`GET /radio HTTP/1.0\r\n${HOST}Icy-MetaData: 1\r\n\r\n`);
      await side.until('\r\n\r\n');
      for (let i = 0; i < PARTS; i += 1) {
        await side.until(`part ${i};`);
        await meet();
      }
    },
    origin: async (side, meet) => {
      await side.until('\r\n\r\n');
      side.send('ICY 200 OK\r\nicy-name: radio\r\nicy-metaint: 8192\r\n\r\n');
      for (let i = 0; i < PARTS; i += 1) {
        side.send(`part ${i};`);
        // It has arrived.
        await meet();
      }
      await side.ended();
    },
  },
  {
    ...simple(
      'firmware: HTTP/1.0 without Host',
      'GET /update.bin HTTP/1.0\r\n\r\n',
      'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok',
    ),
    isNameless: true,
  },
  {
    name: 'HTTP/0.9',
    isNameless: true,
    client: async (side) => {
      side.send('GET /old\r\n');
      await side.ended();
    },
    origin: async (side) => {
      await side.until('\r\n');
      side.send('<html>as in 1991</html>');
    },
  },
  simple(
    "somebody else's proxy: absolute-form",
    'GET http://other.example/a//b/../c?%zz HTTP/1.1\r\nHost: other.example\r\nProxy-Authorization: Basic eDp5\r\nProxy-Connection: keep-alive\r\n\r\n',
    answer('by the proxy', 'Via: 1.1 theirs\r\n'),
  ),
  {
    name: 'NTLM: three requests on one connection',
    client: async (side) => {
      for (const token of ['TlRMTVNTUAABAAAA', 'TlRMTVNTUAADAAAA', '']) {
        side.send(get('/intranet', token === '' ? '' : `Authorization: NTLM ${token}\r\n`));
        await side.until('turn\n');
      }
    },
    origin: async (side) => {
      for (const [status, field] of [
        ['401 Unauthorized', 'WWW-Authenticate: NTLM TlRMTVNTUAACAAAA\r\n'],
        ['200 OK', 'Persistent-Auth: true\r\n'],
        ['200 OK', ''],
      ] as const) {
        await side.until('\r\n\r\n');
        side.send(answer('turn\n', field, status));
      }
      await side.ended();
    },
  },
  {
    name: 'server-sent events: each arrives before the next is sent',
    client: async (side, meet) => {
      side.send(get('/events', 'Accept: text/event-stream\r\n'));
      await side.until('\r\n\r\n');
      for (let i = 0; i < PARTS; i += 1) {
        await side.until(`data: ${i}\n\n`);
        await meet();
      }
    },
    origin: async (side, meet) => {
      await side.until('\r\n\r\n');
      side.send('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n\r\n');
      for (let i = 0; i < PARTS; i += 1) {
        side.send(`data: ${i}\n\n`);
        // It has arrived.
        await meet();
      }
      await side.ended();
    },
  },
  {
    name: 'WebSocket: the 101, then frames both ways in turns',
    client: async (side) => {
      side.send(
        get(
          '/chat',
          'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n',
        ),
      );
      await side.until('\r\n\r\n');
      for (let i = 0; i < PARTS; i += 1) {
        side.send(FRAME);
        await side.exactly(FRAME.length);
      }
    },
    origin: async (side) => {
      await side.until('\r\n\r\n');
      side.send(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n',
      );
      for (let i = 0; i < PARTS; i += 1) {
        await side.exactly(FRAME.length);
        side.send(FRAME);
      }
      await side.ended();
    },
  },
  simple(
    'a compressed answer stays compressed',
    get('/page', 'Accept-Encoding: gzip, br\r\n'),
    answer(gzipSync('text '.repeat(1000)), 'Content-Encoding: gzip\r\nVary: Accept-Encoding\r\n'),
  ),
  {
    name: 'chunks with extensions and trailers, as they were cut',
    client: async (side) => {
      side.send(
        `POST /c HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n003\r\nabc\r\n0\r\nX-Trailer: 1\r\n\r\n`,
      );
      await side.until('X-Sum: 2\r\n\r\n');
    },
    origin: async (side) => {
      await side.until('X-Trailer: 1\r\n\r\n');
      side.send(
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n0A;q="\r"\r\n0123456789\r\n0\r\nX-Sum: 2\r\n\r\n'.replace(
          '\r"',
          'z"',
        ),
      );
      await side.ended();
    },
  },
  {
    name: 'Expect: 100-continue, early hints, then the answer',
    client: async (side) => {
      side.send(`PUT /up HTTP/1.1\r\n${HOST}Expect: 100-continue\r\nContent-Length: 5\r\n\r\n`);
      await side.until('100 Continue\r\n\r\n');
      side.send('12345');
      await side.until('made\n');
    },
    origin: async (side) => {
      await side.until('\r\n\r\n');
      side.send('HTTP/1.1 100 Continue\r\n\r\n');
      await side.exactly(5);
      side.send('HTTP/1.1 103 Early Hints\r\nLink: </s.css>; rel=preload\r\n\r\n');
      side.send(answer('made\n', '', '201 Created'));
      await side.ended();
    },
  },
  simple('HEAD', `HEAD /h HTTP/1.1\r\n${HOST}\r\n`, 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n'),
  ...['OPTIONS', 'PROPFIND', 'REPORT', 'M-SEARCH', 'PURGE', 'DELETE'].map((method) =>
    simple(`method ${method}`, `${method} /m HTTP/1.1\r\n${HOST}\r\n`, answer('m')),
  ),
  simple('OPTIONS *', `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`, answer('')),
  simple(
    'spelling of names, spaces, an obsolete fold, bytes above 127, equal fields twice',
    `GET /a//b/./c/%2e%2E/d?x=%zz&|^{} HTTP/1.1\r\nhOsT:   origin.example  \r\nX-FOLD: a\r\n  b\r\ncookie: \xe9\xff\r\nX-A: 1\r\nx-a: 2\r\nConnection: keep-alive\r\nKeep-Alive: 300\r\nTE: trailers\r\n\r\n`,
    `HTTP/1.1 200\r\nServer : odd\r\nX-Fold: a\r\n\tb\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 2\r\n\r\nok`,
  ),
  simple(
    'lines that end with LF alone',
    `GET /lf HTTP/1.1\nHost: origin.example\n\n`,
    'HTTP/1.1 200 OK\nContent-Length: 2\n\nok',
    '\n\n',
  ),
  simple(
    'blank lines before the request',
    `\r\n\r\n${get('/blank')}`,
    answer('ok'),
    '/blank HTTP/1.1\r\nHost: origin.example\r\n\r\n',
  ),
  {
    name: 'an upload of 8 MB',
    client: async (side) => {
      side.send(`PUT /up HTTP/1.1\r\n${HOST}Content-Length: ${LARGE.length}\r\n\r\n`);
      side.send(LARGE);
      await side.until('made\n');
    },
    origin: async (side) => {
      await side.until('\r\n\r\n');
      await side.exactly(LARGE.length);
      side.send(answer('made\n'));
      await side.ended();
    },
  },
  {
    name: 'a download of 8 MB, until the origin closes',
    client: async (side) => {
      side.send(get('/large', 'Connection: close\r\n'));
      await side.ended();
    },
    origin: async (side) => {
      await heads(side, 1);
      side.send('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n');
      side.send(LARGE);
    },
  },
  {
    name: 'a client that says with FIN that it has asked for all it wants',
    client: async (side) => {
      side.send(get('/half', 'Connection: close\r\n'));
      side.end();
      await side.ended();
    },
    origin: async (side) => {
      await side.ended();
      side.send(answer('all the same'));
    },
  },
  {
    name: 'a client that resets inside the answer',
    client: async (side) => {
      side.send(get('/rst'));
      await side.until('begin');
      side.reset();
    },
    origin: async (side) => {
      await heads(side, 1);
      side.send('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nbegin');
      await side.ended();
    },
  },
  {
    name: 'an origin that resets inside the answer',
    client: async (side, meet) => {
      side.send(get('/rst'));
      await side.until('begin');
      await meet();
      await side.ended();
    },
    origin: async (side, meet) => {
      await heads(side, 1);
      side.send('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nbegin');
      await meet();
      side.reset();
    },
  },
  {
    name: 'an origin that resets in place of an answer',
    client: async (side) => {
      side.send(get('/rst'));
      await side.ended();
    },
    origin: async (side) => {
      await heads(side, 1);
      side.reset();
    },
  },
  {
    name: 'an origin that closes in place of an answer',
    client: async (side) => {
      side.send(get('/nothing'));
      await side.ended();
    },
    origin: async (side) => await heads(side, 1),
  },
  {
    // Text that no parser reads does not go on to an address that has entries for paths (requirement 81).
    name: 'an origin that speaks first, and then a protocol that is not HTTP',
    isNameless: true,
    client: async (side) => {
      await side.until('ready\r\n');
      side.send('\0client\r\n');
      await side.until('\0server\r\n');
    },
    origin: async (side) => {
      side.send('ready\r\n');
      await side.until('\0client\r\n');
      side.send('\0server\r\n');
      await side.ended();
    },
  },
  {
    name: 'not HTTP: binary both ways',
    isNameless: true,
    client: async (side) => {
      side.send(Buffer.concat([Buffer.from([0, 1, 2, 3, 0xff, 0x80]), BODY]));
      await side.exactly(BODY.length);
    },
    origin: async (side) => {
      await side.exactly(BODY.length + 6);
      side.send(BODY);
      await side.ended();
    },
  },
];

/** @param silence how long the origin has nothing to say. */
export function longPoll(silence: () => Promise<void>): Exchange {
  return {
    name: 'long polling: an answer that comes after a long silence, or goes on after one, and the next request behind it',
    client: async (side) => {
      for (let i = 0; i < 2; i += 1) {
        side.send(get(`/poll?since=${i}`));
        await side.until(`end ${i}\n`);
      }
    },
    origin: async (side) => {
      for (let i = 0; i < 2; i += 1) {
        await side.until('\r\n\r\n');
        await silence();
        const whole = answer(`event ${i}, end ${i}\n`);
        side.send(whole.subarray(0, -8));
        await silence();
        side.send(whole.subarray(-8));
      }
      await side.ended();
    },
  };
}

/** Of <linux/tcp.h>. */
const TCP = { level: 6, fastOpen: 23, fastOpenConnect: 30 } as const;

/** The request goes with the SYN, where the client has a cookie of the origin's: from the second connection on. */
export const FAST_OPEN: Exchange = {
  ...simple('TCP Fast Open', get('/tfo'), answer('fast')),
  listening: { options: [[TCP.level, TCP.fastOpen, 16]] },
  connecting: { options: [[TCP.level, TCP.fastOpenConnect, 1]] },
};
