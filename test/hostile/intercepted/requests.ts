/** Requests of clients that believe they speak to an origin: what is judged, what is refused, and that the rest travels as it came. */
import { describe, expect, test } from '@jest/globals';
import { atRest } from '../support/at-rest.ts';
import { sendPieces, statuses } from '../support/connection.ts';
import { everySplit, named, show } from '../support/suite.ts';
import { OK } from '../support/upstream.ts';
import { expectBlocked, expectRefused, expectUntouched, told, type Way } from './way.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a.example\r\n\r\n';
const LIST =
  'http://listed.example/page?*\nlisted.example/dir/*\nwhole.example\nhttp://127.0.0.1/listed?*\nhttp://listed.example:8081/ported';

const TOO_MUCH_TO_READ = [
  ['segments', `/x/..${'/a'.repeat(64)}`],
  ['bytes', `/x/../${'a'.repeat(2048)}`],
  ['keys', String.raw`/\%252e%252e..%2f//%252e%252e%5c/%2f/b%25252f%2e%2e%2e%2e\/..//a%252F/a%2f%252F;x\/%2e%2e`],
] as const;

export function requestsBehave(way: Way): void {
  describe('requirement 2, intercepted', () => {
    const where = way({ list: LIST });

    test.each([
      'Host: a.example\r\nHost: b.example\r\n',
      'Host: a.example\r\nHost: whole.example\r\n',
      'Host: a.example\r\nX: y\r\nhost: b.example\r\n',
      'Host: a.example, b.example\r\n',
      'Host: user@a.example\r\n',
      'Host: a.example/x\r\n',
      'Host: a b\r\n',
      'Host: a%00.example\r\n',
      'Host: 256.0.0.1\r\n',
      'Host : whole.example\r\nHost: a.example\r\n',
      ' Host: whole.example\r\nHost: a.example\r\n',
      'Host: a.example\r\n\twhole.example\r\n',
    ])('%j is refused', async (fields) => {
      await expectRefused(where, `GET / HTTP/1.1\r\n${fields}\r\n`);
      await expectRefused(where, `GET /page HTTP/1.0\r\n${fields}\r\n`);
    });

    test.each(['HTTP/1.0', 'HTTP/1.1'])(
      'without one, in %s, the destination is judged, if there is one',
      async (version) => {
        if (!where.hasDestination) return await expectRefused(where, `GET /listed ${version}\r\nX: y\r\n\r\n`);
        await expectBlocked(where, `GET /listed ${version}\r\n\r\n`);
        await expectBlocked(where, `GET /listed ${version}\r\nHost:\r\n\r\n`);
        await expectUntouched(where, `GET /other ${version}\r\nX: y\r\n\r\n`, OK);
      },
    );

    test.each(['LISTED.example', 'listed.example.', 'listed.example:80', 'listed.example:8080', '%6cisted.example'])(
      'a listed host is listed however it is written: %s',
      async (host) => {
        await expectBlocked(where, `GET /page HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
        await expectUntouched(where, `GET /other HTTP/1.1\r\nHost: ${host}\r\n\r\n`, OK);
      },
    );
  });

  describe('requirement 3, intercepted', () => {
    const where = way({ list: LIST });

    test.each([
      ['http://listed.example/page', 'a.example'],
      ['http://a.example/page', 'listed.example'],
      ['HTTP://LISTED.example:80/page', 'listed.example'],
      ['http://whole.example', 'a.example'],
      ['//listed.example/page', 'a.example'],
      ['//u@LISTED.example:80/page', 'a.example'],
      ['//whole.example', 'a.example'],
    ])('target %s with Host %s: both are judged', async (target, host) => {
      await expectBlocked(where, `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    });

    // Was a miss: the port that the client had connected to was the only one that was looked at.
    test('a proxy of somebody else goes to the port that the target names: an entry for it counts', async () => {
      const request = (target: string, host: string): string => `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
      await expectBlocked(where, request('http://listed.example:8081/ported', 'a.example'));
      for (const target of ['http://listed.example:8082/ported', 'http://listed.example/ported', '/ported'])
        await expectUntouched(where, request(target, 'listed.example:8081'), OK);
    });

    test('what passes is not rewritten', async () => {
      await expectUntouched(where, 'GET http://a.example/x?y HTTP/1.1\r\nHost: b.example\r\n\r\n', OK);
    });
  });

  describe('requirements 7 and 22, intercepted', () => {
    const where = way({ list: LIST });
    const targets = ['/', '//', '/a/../b', '/%2e%2E/', '/%zz%', '/|"{}[]^`\\', '/\xe9\xff', '/?a=b&&c', '/a;b', '/%00'];

    test.each(named(targets))(
      '$name reaches the origin with all that came with it, and nothing else',
      async ({ input }) => {
        const fields =
          'Via: 1.1 other\r\nX-Forwarded-For: 192.0.2.1\r\nProxy-Connection: keep-alive\r\nTE: trailers\r\n';
        await expectUntouched(where, `GET ${input} HTTP/1.1\r\nHost: a.example\r\n${fields}\r\n`, OK);
      },
    );
  });

  describe('requirements 10 and 19, intercepted', () => {
    const where = way({ list: LIST });

    test.each(
      named([
        'POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
        'POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
        'POST / HTTP/1.0\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
        'POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: x, chunked\r\n\r\n0\r\n\r\n',
        'GET / HTTP/1.1\r\nHost: a.example\rX: y\r\n\r\n',
        'GET / HTTP/1.1\r\nHost: a.example\r\nX: y\0z\r\n\r\n',
        'GET /\0 HTTP/1.1\r\nHost: a.example\r\n\r\n',
      ]),
    )('$name is refused', async ({ input }) => {
      await expectRefused(where, input);
    });

    test.each(
      named([
        'GET / HTTP/1.1\nHost: a.example\n\n',
        'GET / HTTP/1.1\r\nHost: a.example\r\nX: a\r\n b\r\n\r\n',
        'GET / HTTP/1.1\r\nHost: a.example\r\nX : y\r\n\r\n',
        'GET / HTTP/1.1\r\nHost: a.example\r\nX\r\n\r\n',
        'GET / HTTP/1.1\r\nHost: a.example\r\nX: \x01\r\n\r\n',
        'GET / HTTP/1.1\r\nHost: a.example\r\nHost: A.example\r\n\r\n',
        'POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nab',
      ]),
    )('$name travels as it is', async ({ input }) => {
      await expectUntouched(where, input, OK);
    });
  });

  describe('requirement 13, intercepted', () => {
    // The destination itself has no entries: a body would be the last thing on its connection.
    const where = way({ list: 'http://listed.example/page?*' });
    const head = 'POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n';

    test.each(
      named([
        '1;x=y\r\na\r\n0\r\n\r\n',
        '0001\r\na\r\n000\r\n\r\n',
        '1\r\na\r\n0\r\nTrailer: x\r\n\r\n',
        'A\r\n0123456789\r\n0\r\n\r\n',
      ]),
    )('$name travels as it is, and its end is found', async ({ input }) => {
      await expectUntouched(where, `${head}${input}`, OK);
      const client = await where.client();
      client.send(`${head}${input}GET /page HTTP/1.1\r\nHost: listed.example\r\n\r\n`);
      await where.upstream.until(({ bytes }) => bytes === `${head}${input}`);
      where.upstream.last.send(OK);
      await client.over();
      expect(statuses(client.received)).toEqual([200, 403]);
      expect(where.upstream.take()).toBe(`${head}${input}`);
    });

    test.each(named(['zz', '1\r\nab', '1 2\r\n', '-1\r\n', '1\na\n0\n\n']))(
      '%s: the origin is cut off',
      async ({ input }) => {
        const { upstream } = where;
        upstream.automatic = false;
        const client = await where.client();
        client.send(`${head}1\r\na\r\n`);
        await upstream.until(({ bytes }) => bytes === `${head}1\r\na\r\n`);
        await client.send(input).over();
        await upstream.last.over();
        expect(upstream.last.ending).toBe('reset');
        expect(upstream.take()).toBe(`${head}1\r\na\r\n`);
      },
    );
  });

  describe('requirement 14, intercepted', () => {
    const where = way({ list: LIST });

    test('what is in a body is not taken for a request', async () => {
      const inner = 'GET /page HTTP/1.1\r\nHost: listed.example\r\n\r\n';
      await expectUntouched(
        where,
        `POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`,
        OK,
      );
    });

    test('what is behind a blocked request with a body is never looked at', async () => {
      await expectBlocked(
        where,
        `POST /page HTTP/1.1\r\nHost: listed.example\r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.1\r\nHost: a.example\r\n\r\n`,
      );
    });
  });

  describe('requirements 18 and 62, intercepted', () => {
    const where = way({ list: LIST });
    const upgrade = (protocol: string): string =>
      `GET / HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`;
    const switched = (protocol: string): string =>
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`;

    test('WebSocket is judged, and then a tunnel', async () => {
      const { upstream } = where;
      await expectBlocked(where, upgrade('websocket').replace(' / ', ' /page ').replace('a.example', 'listed.example'));
      upstream.automatic = false;
      const client = await where.client();
      client.send(upgrade('websocket'));
      await upstream.until(({ bytes }) => bytes === upgrade('websocket'));
      upstream.last.send(switched('websocket'));
      await client.has('\r\n\r\n');
      client.send('GET /page HTTP/1.1\r\nHost: listed.example\r\n\r\n');
      await upstream.until(({ bytes }) => bytes.endsWith('listed.example\r\n\r\n'));
      upstream.take();
      client.reset();
    });

    test('an offer of HTTP/2 does not reach the origin, and one that switches all the same is cut off', async () => {
      const { upstream } = where;
      upstream.automatic = false;
      const client = await where.client();
      client.send(upgrade('h2c'));
      await upstream.until(({ bytes }) => bytes.endsWith('\r\n\r\n'));
      expect(upstream.take()).toBe(upgrade('h2c').replace('Upgrade: h2c\r\n', ''));
      upstream.last.send(switched('h2c'));
      await client.over();
      expect([client.received, client.ending]).toEqual(['', 'reset']);
    });

    test.each([
      ['nobody has asked for', GET, switched('websocket')],
      [
        'comes before the body',
        upgrade('websocket').replace('\r\n\r\n', '\r\nContent-Length: 2\r\n\r\na'),
        switched('websocket'),
      ],
    ])('a switch that %s is none: both sides are cut off', async (_, request, answer) => {
      const { upstream } = where;
      upstream.automatic = false;
      const client = await where.client();
      client.send(request);
      await upstream.until(({ bytes }) => bytes === request);
      upstream.last.send(answer);
      await client.over();
      await upstream.last.over();
      expect([client.received, client.ending, upstream.last.ending]).toEqual(['', 'reset', 'reset']);
      upstream.take();
    });

    test('one behind a body is a tunnel, and a protocol that the origin names instead is judged on', async () => {
      const { upstream } = where;
      upstream.automatic = false;
      const withBody = upgrade('websocket').replace('\r\n\r\n', '\r\nContent-Length: 2\r\n\r\nab');
      const client = await where.client();
      client.send(withBody);
      await upstream.until(({ bytes }) => bytes === withBody);
      upstream.last.send(switched('websocket'));
      await client.has('\r\n\r\n');
      client.send('raw');
      await upstream.until(({ bytes }) => bytes === `${withBody}raw`);
      upstream.take();
      client.reset();
      const other = await where.client();
      other.send(upgrade('websocket'));
      await upstream.until(({ bytes }) => bytes === upgrade('websocket'));
      upstream.take();
      upstream.last.send(switched('another'));
      await other.has('\r\n\r\n');
      await other.send('GET /page HTTP/1.1\r\nHost: listed.example\r\n\r\n').over();
      expect(statuses(other.received)).toEqual([101, 403]);
      expect(upstream.take()).toBe('');
    });

    test('HTTP in another protocol is judged as ever', async () => {
      const { upstream } = where;
      upstream.automatic = false;
      const client = await where.client();
      client.send(upgrade('other'));
      await upstream.until(({ bytes }) => bytes === upgrade('other'));
      upstream.take();
      upstream.last.send(switched('other'));
      await client.has('\r\n\r\n');
      client.received = '';
      await client.send('GET /page HTTP/1.1\r\nHost: listed.example\r\n\r\n').over();
      expect(statuses(client.received)).toEqual([403]);
      expect(upstream.take()).toBe('');
    });
  });

  describe('requirements 25 and 38, intercepted', () => {
    const where = way({ list: LIST });
    const get = (path: string, host = 'a.example'): string => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;

    test('pipelined requests are answered in order, each judged; the page comes in its turn, and is the last', async () => {
      const { upstream } = where;
      upstream.answer = (connection, request) => connection.send(OK.replace('ok', request.slice(5, 7)));
      const received = await told(
        where,
        `${get('/01')}${get('/02')}${get('/03')}${get('/dir/x', 'listed.example')}${get('/04')}`,
      );
      expect(statuses(received)).toEqual([200, 200, 200, 403]);
      expect([...received.matchAll(/\r\n\r\n(\d\d)HTTP/g)].map(([, body]) => body)).toEqual(['01', '02', '03']);
      expect(upstream.take()).toBe(`${get('/01')}${get('/02')}${get('/03')}`);
    });

    test('the next one waits until the answer before has ended', async () => {
      const { upstream } = where;
      upstream.automatic = false;
      const client = await where.client();
      client.send(get('/1') + get('/2'));
      await upstream.until(({ bytes }) => bytes === get('/1'));
      upstream.last.send(OK.slice(0, -1));
      await client.has('\r\n\r\no');
      expect(upstream.take()).toBe(get('/1'));
      upstream.last.send('k');
      await upstream.until(({ bytes }) => bytes === get('/2'));
      upstream.take();
      client.reset();
    });

    test('what waits is bounded: the client is not read, until the answer is there', async () => {
      const { upstream } = where;
      upstream.automatic = false;
      const client = await where.client();
      client.send(GET);
      await upstream.until(({ bytes }) => bytes === GET);
      client.send(get(`/${'more'.repeat(250)}`).repeat(64 * 1024));
      await atRest(() => client.socket.bytesWritten - client.socket.writableLength);
      expect(client.socket.writableLength).toBeGreaterThan(32 * 1024 * 1024);
      expect(upstream.take()).toBe(GET);
      upstream.last.send(OK);
      await upstream.until(({ bytes }) => bytes.startsWith('GET /more'));
      upstream.last.reset();
      await client.over();
      upstream.take();
    });

    test('in any two pieces', async () => {
      const { upstream } = where;
      for (const pieces of everySplit(get('/page', 'listed.example'))) {
        const client = await where.client();
        await sendPieces(client, pieces);
        await client.over();
        expect(statuses(client.received)).toEqual([403]);
      }
      expect(upstream.take()).toBe('');
    });
  });

  describe('requirement 59, intercepted', () => {
    const where = way({ list: LIST });

    test.each(['/x/../page', '/%70age', '//page', '/./page?x', '/dir/a/../b', '/x/..%2fpage'])(
      '%s is judged in each of its readings',
      async (path) => {
        await expectBlocked(where, `GET ${path} HTTP/1.1\r\nHost: listed.example\r\n\r\n`);
      },
    );
  });

  describe('requirement 59, intercepted: too much to read', () => {
    // The destination itself has no entries.
    const where = way({ list: 'http://listed.example/page?*' });

    test.each(TOO_MUCH_TO_READ)(
      'more %s than are looked up are refused on a host that has entries, and there only',
      async (_, path) => {
        await expectRefused(where, `GET ${path} HTTP/1.1\r\nHost: listed.example\r\n\r\n`);
        await expectUntouched(where, `GET ${path} HTTP/1.1\r\nHost: a.example\r\n\r\n`, OK);
      },
    );
  });

  describe('requirement 76, intercepted', () => {
    const where = way({ list: LIST });
    const listed = 'Host: listed.example';

    test.each(
      named([
        'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
        'GET /page HTTP/2.0\r\nHost: listed.example\r\n\r\n',
        'GET /page HTTP/0.9\r\nHost: listed.example\r\n\r\n',
        'get /listed\n',
        'GET\x0b/page HTTP/1.1\r\nHost: listed.example\r\n\r\n',
      ]),
    )('$name is refused', async ({ input }) => {
      const received = await told(where, input);
      expect(received).toMatch(/^HTTP\/1\.1 (?:40[03]|505) /);
      expect(where.upstream.take()).toBe('');
    });

    test.each(
      [
        `\r\n\r\nGET /page HTTP/1.1\r\n${listed}\r\n\r\n`,
        `\n\n\nGET /page HTTP/1.1\n${listed}\n\n`,
        `GET  /page  HTTP/1.1\r\n${listed}\r\n\r\n`,
        `GET\t/page HTTP/1.1\r\n${listed}\r\n\r\n`,
        `get /page HTTP/1.1\r\n${listed}\r\n\r\n`,
        `PURGE /page HTTP/1.1\r\n${listed}\r\n\r\n`,
        `M-SEARCH /page HTTP/1.1\r\n${listed}\r\n\r\n`,
        `TRACE /page HTTP/1.1\r\n${listed}\r\n\r\n`,
        `GET /page http/1.1\r\n${listed}\r\n\r\n`,
        `GET /page HTTP/1.2\r\n${listed}\r\n\r\n`,
        `GET /page HTTP/1.1\r\n${listed} \r\n\r\n`,
        `GET /page HTTP/1.1\r\nhOsT:listed.example\r\n\r\n`,
      ].map((input) => ({ name: show(input), input })),
    )('$name is blocked', async ({ input }) => {
      await expectBlocked(where, input);
    });

    test.each(
      named([
        'GET /listed\r\n',
        'GET /listed\n',
        'GET /listed HTTP/1.0\r\n\r\n',
        '\r\nGET http://listed.example/page\r\n',
      ]),
    )('$name, which names no Host, is blocked, or refused where it goes nowhere', async ({ input }) => {
      if (where.hasDestination || input.includes('listed.example')) await expectBlocked(where, input);
      else await expectRefused(where, input);
    });

    // Were misses: a first line that is no request to a parser, and to some server is, with what chooses the site behind it.
    test.each(
      named([
        `OPTIONS *\r\n${listed}\r\n\r\n`,
        `OPTIONS %2fpage\r\n${listed}\r\n\r\n`,
        `OPTIONS */../page\r\n${listed}\r\n\r\n`,
        `x\r\n${listed}\r\n\r\n`,
        'x\nHost : whole.example\n\n',
        `x y z\r\n${listed}\r\n\r\n`,
        'x\nGET /page\n',
        `EHLO x\r\nGET /page HTTP/1.1\r\n${listed}\r\n\r\n`,
        `PROXY TCP4 192.0.2.1 192.0.2.2 1 80\r\nGET /page HTTP/1.1\r\n${listed}\r\n\r\n`,
        `OPTIONS * /1.1\r\n${listed}\r\n\r\n`,
        'DESCRIBE rtsp://listed.example/page RTSP/1.0\r\nCSeq: 1\r\n\r\n',
        `DESCRIBE rtsp://a.example/page RTSP/1.0\r\n${listed}\r\n\r\n`,
      ]),
    )('$name, which no parser reads, does not go on', async ({ input }) => {
      const client = await where.client();
      await client.send(input).over();
      // Refused by the parser, or a reset.
      expect(client.received === '' ? client.ending : statuses(client.received)).toEqual(
        client.received === '' ? 'reset' : [400],
      );
      expect(where.upstream.take()).toBe('');
    });

    test('a client that says nothing hears what the origin says first, if there is one, and is judged when it speaks', async () => {
      const { upstream } = where;
      if (!where.hasDestination) return;
      const client = await where.client();
      await upstream.until(({ connections }) => connections.length > 0);
      for (const connection of upstream.connections) connection.send('220 first\r\n');
      await client.has('220 first\r\n');
      client.received = '';
      await client.send(`GET /page HTTP/1.1\r\n${listed}\r\n\r\n`).over();
      expect(statuses(client.received)).toEqual([403]);
      expect(upstream.take()).toBe('');
    });
  });
}
