/** Answers to clients that believe they speak to an origin: nothing is changed, and where one ends is known, or the connection is not kept. */
import { describe, expect, test } from '@jest/globals';
import { statuses } from '../support/connection.ts';
import { named } from '../support/suite.ts';
import { OK } from '../support/upstream.ts';
import type { Intercepted, Way } from './way.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a.example\r\n\r\n';
const HEAD = GET.replace('GET', 'HEAD');
const BLOCKED = 'GET /page HTTP/1.1\r\nHost: listed.example\r\n\r\n';
const LIST = 'http://listed.example/page?*';

/** What the client gets for a request with a listed one behind it, when the origin answers so. */
async function followed(where: Intercepted, request: string, answer: string): Promise<string> {
  const { upstream } = where;
  upstream.automatic = false;
  const client = await where.client();
  client.send(request + BLOCKED);
  await upstream.until(({ bytes }) => bytes === request);
  upstream.last.send(answer);
  await client.over();
  expect(upstream.take()).toBe(request);
  return client.received;
}

export function answersBehave(way: Way): void {
  describe('requirements 17 and 20, intercepted: an answer whose end is known', () => {
    const where = way({ list: LIST });

    test.each([
      ['HEAD', HEAD, 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'],
      ['204', GET, 'HTTP/1.1 204 No Content\r\n\r\n'],
      ['304', GET, 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n'],
      ['1xx', GET, `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${OK}`],
      ['chunks', GET, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;x\r\na\r\n00\r\nT: v\r\n\r\n'],
      ['bare LF', GET, 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok'],
      ['a space before the colon', GET, 'HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok'],
      ['obs-fold', GET, 'HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 2\r\n\r\nok'],
      ['equal lengths', GET, 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok'],
      ['no reason', GET, 'HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok'],
    ])('%s: it comes as it is, and the next request has its turn', async (_, request, answer) => {
      const received = await followed(where, request, answer);
      expect(received.slice(0, answer.length)).toBe(answer);
      expect(received.slice(answer.length)).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/);
    });
  });

  describe('requirements 16 and 17, intercepted: a body that should not be there', () => {
    const where = way({ list: LIST });
    const smuggled = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nlisted';

    test.each([
      ['HEAD', HEAD, 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n', 'ok'],
      ['HEAD', HEAD, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', '2\r\nok\r\n0\r\n\r\n'],
      ['204', GET, 'HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n', 'ok'],
      ['204', GET, 'HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n', '0\r\n\r\n'],
      ['304', GET, 'HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n', 'ok'],
      ['204, another answer', GET, 'HTTP/1.1 204 No Content\r\n\r\n', smuggled],
    ])('%s: it goes nowhere, and neither does another request', async (_, request, head, body) => {
      expect(await followed(where, request, head + body)).toBe(head);
    });
  });

  describe('requirement 17, intercepted: interim answers', () => {
    const where = way({ list: LIST });
    const HINTS = 'HTTP/1.1 103 Early Hints\r\n\r\n';

    test('sixteen at most, whether they come together or one by one', async () => {
      const { upstream } = where;
      expect(await followed(where, GET, HINTS.repeat(17) + OK)).toBe('');
      upstream.automatic = false;
      const client = await where.client();
      client.send(GET);
      await upstream.until(({ bytes }) => bytes === GET);
      for (let sent = 1; sent <= 16; sent++) {
        upstream.last.send(HINTS);
        await client.until(({ received }) => received === HINTS.repeat(sent));
      }
      upstream.last.send(HINTS);
      await client.over();
      await upstream.last.over();
      expect([client.received, client.ending, upstream.last.ending]).toEqual([HINTS.repeat(16), 'reset', 'reset']);
      upstream.take();
    });

    // An origin that sends one to HTTP/1.0 has seen that it is: the bytes are its own, and come as without us (D2).
    test('one to a client of HTTP/1.0 comes as it is', async () => {
      const { upstream } = where;
      const request = GET.replace('HTTP/1.1', 'HTTP/1.0');
      upstream.automatic = false;
      const client = await where.client();
      client.send(request);
      await upstream.until(({ bytes }) => bytes === request);
      upstream.last.send(HINTS + OK);
      await client.over();
      expect([client.received, client.ending, upstream.take()]).toEqual([HINTS + OK, 'end', request]);
    });
  });

  describe('requirement 76, intercepted: a server that is no proxy, and answers CONNECT with a page', () => {
    const where = way({ list: LIST });
    const connect = (host: string): string => `CONNECT ${host}:80 HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
    const pages = [OK, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n'];

    // Was a miss: waitress answers with the page that is called as the port, whose path is not judged.
    test.each(named(pages))('$name: cut off where the host has entries, relayed elsewhere', async ({ input }) => {
      const { upstream } = where;
      upstream.automatic = false;
      for (const host of ['listed.example', 'a.example']) {
        const client = await where.client();
        client.send(connect(host));
        await upstream.until(({ bytes }) => bytes === connect(host));
        upstream.last.send(input);
        upstream.take();
        if (host === 'a.example') await client.until(({ received }) => received === input);
        else await client.over();
        expect(client.received).toBe(host === 'a.example' ? input : '');
        client.reset();
      }
    });

    test('a tunnel is one all the same, and what is asked in it is judged', async () => {
      const { upstream } = where;
      upstream.automatic = false;
      const client = await where.client();
      client.send(connect('listed.example'));
      await upstream.until(({ bytes }) => bytes === connect('listed.example'));
      upstream.take();
      upstream.last.send('HTTP/1.1 200 Connection established\r\nContent-Length: 0\r\n\r\n');
      await client.has('\r\n\r\n');
      await client.send(BLOCKED).over();
      expect(statuses(client.received)).toEqual([200, 403]);
      expect(upstream.take()).toBe('');
    });
  });

  describe('requirement 20, intercepted: an answer whose end clients read differently', () => {
    const where = way({ list: LIST });

    // Was so: browsers had it whole by its length, and their next request waited until the origin closed.
    test('identity beside a length: it comes whole as it is, then the connection ends', async () => {
      const { upstream } = where;
      const answer = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nContent-Length: 2\r\n\r\nok';
      upstream.automatic = false;
      const client = await where.client();
      client.send(GET + GET);
      await upstream.until(({ bytes }) => bytes === GET);
      upstream.last.send(answer);
      await client.over();
      expect([client.received, client.ending]).toEqual([answer, 'end']);
      expect(upstream.take()).toBe(GET);
    });
  });

  describe('requirement 20, intercepted: an answer whose end is not known', () => {
    const where = way({ list: LIST });

    test.each(
      named([
        'ICY 200 OK\r\nicy-name: x\r\n\r\nmp3',
        'hello',
        'HTTP/1.1 200 OK\r\n\r\nall',
        'HTTP/1.0 200 OK\r\n\r\nall',
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\nall',
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
        'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
      ]),
    )('$name lasts until the connection ends, and no other request goes on', async ({ input }) => {
      const { upstream } = where;
      upstream.automatic = false;
      const client = await where.client();
      client.send(GET + GET);
      await upstream.until(({ bytes }) => bytes === GET);
      upstream.last.send(input);
      await client.until(({ received }) => received.length >= input.length);
      upstream.last.end('last');
      await client.over();
      expect([client.received, client.ending]).toEqual([`${input}last`, 'end']);
      expect(upstream.take()).toBe(GET);
    });
  });

  describe('requirement 15, intercepted: an answer that is cut short', () => {
    const where = way({ list: LIST });
    const half = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab';

    test.each(['end', 'reset'] as const)('ends with what the origin has ended with: %s', async (ending) => {
      const { upstream } = where;
      upstream.automatic = false;
      const client = await where.client();
      client.send(GET);
      await upstream.until(({ bytes }) => bytes === GET);
      upstream.last.send(half);
      await client.until(({ received }) => received === half);
      if (ending === 'end') upstream.last.end();
      else upstream.last.reset();
      await client.over();
      expect([client.received, client.ending]).toEqual([half, ending]);
      upstream.take();
    });
  });

  describe('requirement 16, intercepted: bytes that nobody has asked for', () => {
    const where = way({ list: LIST });
    const smuggled = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nlisted';

    test('behind an answer they go nowhere, and the connection ends', async () => {
      const { upstream } = where;
      upstream.automatic = false;
      const client = await where.client();
      client.send(GET + GET);
      await upstream.until(({ bytes }) => bytes === GET);
      upstream.last.send(OK + smuggled);
      await client.over();
      expect([client.received, client.ending]).toEqual([OK, 'end']);
      expect(upstream.take()).toBe(GET);
    });

    test('between two answers they go nowhere, and the connection ends', async () => {
      const { upstream } = where;
      const client = await where.client();
      await client.send(GET).has('ok');
      upstream.last.send(smuggled);
      await client.over();
      expect([client.received, client.ending]).toEqual([OK, 'end']);
      upstream.take();
    });
  });

  describe('requirement 61, intercepted: an origin that does not read bodies', () => {
    const where = way({ list: LIST });

    test.each([
      ['GET', 'a.example'],
      ['POST', 'listed.example'],
    ])(
      '%s to %s with a body is the last on its origin’s connection: what follows comes on another one',
      async (method, host) => {
        const { upstream } = where;
        upstream.automatic = false;
        const request = `${method} / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${BLOCKED.length}\r\n\r\n${BLOCKED}`;
        const client = await where.client();
        client.send(request + GET);
        await upstream.until(({ bytes }) => bytes === request);
        const first = upstream.last;
        first.send(OK);
        await upstream.until(({ bytes }) => bytes === request + GET);
        await first.over();
        expect(first.received).toBe(request);
        upstream.last.send(OK);
        await client.has(OK, 2);
        expect([client.received, client.ending]).toEqual([OK + OK, null]);
        upstream.take();
      },
    );

    test('an answer before the body is the last', async () => {
      const { upstream } = where;
      upstream.automatic = false;
      const client = await where.client();
      client.send('POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n');
      await upstream.until(({ bytes }) => bytes.endsWith('\r\n\r\n'));
      upstream.last.send('HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n');
      await client.over();
      expect(statuses(client.received)).toEqual([417]);
      upstream.take();
    });

    test('a body that is asked for comes, and the connection goes on', async () => {
      const { upstream } = where;
      upstream.automatic = false;
      const head = 'POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n';
      const client = await where.client();
      client.send(head);
      await upstream.until(({ bytes }) => bytes === head);
      upstream.last.send('HTTP/1.1 100 Continue\r\n\r\n');
      await client.has('100 Continue\r\n\r\n');
      client.send(`hello${GET}`);
      await upstream.until(({ bytes }) => bytes === `${head}hello`);
      upstream.last.send(OK);
      await upstream.until(({ bytes }) => bytes === `${head}hello${GET}`);
      expect(client.received).toContain('100 Continue');
      upstream.take();
      client.reset();
    });
  });
}
