/** Arbitrary heads for property tests: mostly good, with single faults, and bytes that are no head at all. */
import fc from 'fast-check';

const token = fc.string({ minLength: 1, maxLength: 12, unit: fc.constantFrom(...'abXY-_.!09') });
const value = fc.string({ maxLength: 20, unit: fc.constantFrom(...'ab ,;:="/\t\u00e9\u00ff09') });

/** `Name: value`, of fields that mean something to a proxy. */
const known = fc.constantFrom(
  'Host: a.example',
  'host: b.example:8080',
  'Host: [::1]:80',
  'Host: a b',
  'Host:',
  'Content-Length: 5',
  'content-length: 005',
  'Content-Length: x',
  'Content-Length: 5, 5',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: gzip, chunked',
  'transfer-encoding:\tChunked ',
  'Transfer-Encoding: chunked, gzip',
  'Connection: close',
  'Connection: keep-alive, Foo, ,x-a',
  'connection: upgrade',
  'Keep-Alive: 5',
  'Foo: 1',
  'X-A: 2',
  'TE: trailers',
  'Upgrade: websocket, h2c',
  'Via: 1.0 fred',
  'X-Forwarded-For: 192.0.2.1',
  'Forwarded: for=192.0.2.1',
  'Authorization: Negotiate abc',
  'Proxy-Authorization: Basic abc',
  'Max-Forwards: 3',
  'Cookie: a=b',
);
const field = fc.oneof(
  { arbitrary: known, weight: 3 },
  fc.tuple(token, fc.constantFrom(':', ': ', ':\t '), value).map((parts) => parts.join('')),
);
const brokenLine = fc.constantFrom(' folded', 'A : b', ': b', 'A', 'A: b\rc', 'A: \0', 'A\u00e9: b', 'A: b\nC: d');

const requestLine = fc
  .tuple(
    fc.oneof(
      { arbitrary: fc.constantFrom('GET', 'POST', 'HEAD', 'OPTIONS', 'CONNECT', 'get', 'M-SEARCH'), weight: 4 },
      token,
    ),
    fc.oneof(
      {
        arbitrary: fc.constantFrom(
          'http://a.example/',
          'http://a.example:8080/a//b?c=%zz',
          'http://a.example',
          'http://a.example?x',
          '*',
          '/',
        ),
        weight: 4,
      },
      fc.string({ maxLength: 30, unit: fc.constantFrom(...'ab/?%#:@[]|"\u00e9 ') }),
    ),
    fc.oneof(
      { arbitrary: fc.constantFrom('HTTP/1.1', 'HTTP/1.0'), weight: 6 },
      fc.constantFrom('HTTP/1.2', 'HTTP/2.0', 'http/1.1', 'HTTP/1.1 ', 'HTTP/x.1', ''),
    ),
  )
  .map((parts) => parts.join(' '));

const lines = (first: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(
      first,
      fc.array(fc.oneof({ arbitrary: field, weight: 12 }, brokenLine), { maxLength: 6 }),
      fc.constantFrom('\r\n', '\r\n', '\r\n', '\r\n', '\n', '\r'),
      fc.constantFrom('', '', 'rest'),
    )
    .map(([line, fields, end, rest]) => `${[line, ...fields].join('\r\n')}\r\n${end}${rest}`);

/** Bytes as text; one change (a byte put in, left out or cut off) now and then. */
const damaged = (text: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(
      text,
      fc.option(fc.tuple(fc.nat(), fc.constantFrom('', ' ', '\r', '\n', '\0', ':', '\t', '\u00ff')), { freq: 3 }),
    )
    .map(([whole, change]) => {
      if (change === null) return whole;
      const at = change[0] % (whole.length + 1);
      return change[0] % 3 === 0
        ? whole.slice(0, at) + change[1]
        : whole.slice(0, at) + change[1] + whole.slice(at + (change[0] % 2));
    });

const bytes = fc.uint8Array({ maxLength: 80 }).map((array) => Buffer.from(array).toString('latin1'));

export const requestHeadText: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: damaged(lines(requestLine)), weight: 9 },
  bytes,
);

const statusLine = fc.constantFrom(
  'HTTP/1.1 200 OK',
  'HTTP/1.0 404 Not Found',
  'HTTP/1.1 204',
  'HTTP/1.1 103 ',
  'HTTP/1.1 304 \u00e9',
  'ICY 200 OK',
  'HTTP/1 200 OK',
  'http/1.1 200 ok',
  'HTTP/2.0 200 OK',
  'HTTP/1.1 99 x',
  '<html>',
  'HTTP/1.1  200  OK',
);

export const responseHeadText: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: damaged(lines(statusLine)), weight: 9 },
  bytes,
);

/** Ascending offsets at which a text may be cut; those behind its end are for the reader to leave out. */
export const cuts: fc.Arbitrary<number[]> = fc
  .array(fc.nat(200), { maxLength: 5 })
  .map((offsets) => offsets.sort((a, b) => a - b));
