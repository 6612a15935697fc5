/** How connections of clients that believe they speak to an origin end, and what they hold while one side is slow. */
import { describe, expect, test } from '@jest/globals';
import { helloFor } from '../../support/reference/made-hello.ts';
import { atRest } from '../support/at-rest.ts';
import { OK } from '../support/upstream.ts';
import type { Way } from './way.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a.example\r\n\r\n';
const UPGRADE = 'GET / HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade, x\r\nUpgrade: websocket\r\n\r\n';
const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const MIB = 1024 * 1024;
/** More than all buffers on the way hold together. */
const MUCH = 64 * MIB;

export function endsBehave(way: Way): void {
  describe('requirement 30, intercepted', () => {
    const where = way({});
    const protocols: [name: string, first: string, answer: string][] = [
      ['HTTP', GET, OK],
      ['TLS', helloFor('a.example').toString('latin1'), '\x16\x03\x03'],
      // Where nobody is named it goes nowhere.
      ...(where.hasDestination ? [['what is not HTTP', '\0other', '\0ok'] as [string, string, string]] : []),
    ];

    test.each(protocols)(
      '%s: an end of the client is carried on, and what it is owed still comes',
      async (_, first, answer) => {
        const { upstream } = where;
        upstream.automatic = false;
        const client = await where.client();
        client.end(first);
        await upstream.until(({ bytes }) => bytes === first);
        await upstream.last.over();
        expect(upstream.last.ending).toBe('end');
        upstream.last.end(answer);
        await client.over();
        expect([client.received, client.ending]).toEqual([answer, 'end']);
        upstream.take();
      },
    );

    // Was a bug: the origin did not hear of the end, and both connections stayed until it answered or two hours had passed.
    test.each([
      ['a blank line, as some send behind a body', '\r\n', ''],
      ['a request that cannot be sent any more', GET, 'HTTP/1.1 200 OK\r\n\r\nuntil close'],
    ])('an end behind %s is carried on', async (_, behind, begun) => {
      const { upstream } = where;
      upstream.automatic = false;
      const request = 'POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 2\r\n\r\nab';
      const client = await where.client();
      client.send(request + behind);
      await upstream.until(({ bytes }) => bytes === request);
      upstream.last.send(begun);
      await client.until(({ received }) => received === begun);
      client.end();
      await upstream.last.over();
      expect([upstream.last.ending, upstream.take()]).toEqual(['end', request]);
      upstream.last.end('last');
      await client.over();
      expect([client.received, client.ending]).toEqual([`${begun}last`, 'end']);
    });

    test.each([
      ['the answer before it lasts until close', GET, 'HTTP/1.1 200 OK\r\n\r\nuntil close'],
      ['the request before it was the last', GET.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'), ''],
    ])('an end behind a request that came too late is carried on: %s', async (_, request, begun) => {
      const { upstream } = where;
      upstream.automatic = false;
      const client = await where.client();
      client.end(request + GET);
      await upstream.until(({ bytes }) => bytes === request);
      upstream.last.send(begun);
      await upstream.last.over();
      expect([upstream.last.ending, upstream.take()]).toEqual(['end', request]);
      upstream.last.end('last');
      await client.over();
      expect([client.received, client.ending]).toEqual([`${begun}last`, 'end']);
    });

    // Was a bug: the origin heard of the end before those bytes, which could not be sent any more.
    test.each([
      [
        'CONNECT of HTTP/1.0',
        'CONNECT b.example:80 HTTP/1.0\r\nHost: b.example:80\r\n\r\n',
        '\0other',
        'HTTP/1.0 200 OK\r\n\r\n',
      ],
      ['Upgrade', UPGRADE, '\r\n', SWITCHED],
      ['Upgrade, as the last', UPGRADE.replace('Upgrade,', 'Upgrade, close,'), '\0other', SWITCHED],
    ])('%s, and all that the client says inside: that goes before its end', async (_, request, inside, answer) => {
      const { upstream } = where;
      upstream.automatic = false;
      const client = await where.client();
      client.end(request + inside);
      await upstream.until(({ bytes }) => bytes === request);
      upstream.last.send(answer);
      await upstream.last.over();
      expect([upstream.last.ending, upstream.take()]).toEqual(['end', request + inside]);
      upstream.last.end('last');
      await client.over();
      expect([client.received, client.ending]).toEqual([`${answer}last`, 'end']);
    });

    test('an end behind another request is carried on behind that', async () => {
      const { upstream } = where;
      upstream.automatic = false;
      const client = await where.client();
      client.end(GET + GET);
      await upstream.until(({ bytes }) => bytes === GET);
      upstream.last.send(OK);
      await upstream.until(({ bytes }) => bytes === GET + GET);
      await upstream.last.over();
      expect([upstream.last.ending, upstream.take()]).toEqual(['end', GET + GET]);
      upstream.last.end(OK);
      await client.over();
      expect([client.received, client.ending]).toEqual([OK + OK, 'end']);
    });

    test.each(protocols)('%s: a reset is carried on both ways', async (_, first) => {
      const { upstream } = where;
      upstream.automatic = false;
      const one = await where.client();
      one.send(first);
      await upstream.until(({ bytes }) => bytes === first);
      one.reset();
      await upstream.last.over();
      expect(upstream.last.ending).toBe('reset');
      upstream.take();
      const two = await where.client();
      two.send(first);
      await upstream.until(({ bytes }) => bytes === first);
      upstream.last.reset();
      await two.over();
      expect(two.ending).toBe('reset');
      upstream.take();
    });

    test('an origin that ends between two requests ends the connection', async () => {
      const { upstream } = where;
      const client = await where.client();
      await client.send(GET).has('ok');
      upstream.last.end();
      await client.over();
      expect([client.received, client.ending]).toEqual([OK, 'end']);
      upstream.take();
    });
  });

  describe('requirement 15, intercepted: a request that is cut short', () => {
    const where = way({});

    test.each(['end', 'reset'] as const)('by the %s of its client is cut off at the origin', async (ending) => {
      const { upstream } = where;
      upstream.automatic = false;
      const request = 'POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 4\r\n\r\nab';
      const client = await where.client();
      client.send(request);
      await upstream.until(({ bytes }) => bytes === request);
      if (ending === 'end') client.end();
      else client.reset();
      await upstream.last.over();
      expect(upstream.last.ending).toBe('reset');
      expect(upstream.take()).toBe(request);
    });
  });

  describe('requirement 15, intercepted: an answer that is cut short because the request is', () => {
    const where = way({});

    // Was a bug: it was ended, and what has no length looked whole.
    test('by the end of its client: the client is reset', async () => {
      const { upstream } = where;
      upstream.automatic = false;
      const request = 'POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n';
      const client = await where.client();
      client.send(request);
      await upstream.until(({ bytes }) => bytes === request);
      upstream.last.send('HTTP/1.1 200 OK\r\n\r\npart');
      await client.has('part');
      client.end();
      await client.over();
      await upstream.last.over();
      expect([client.ending, upstream.last.ending]).toEqual(['reset', 'reset']);
      upstream.take();
    });
  });

  describe('requirement 33, intercepted', () => {
    const where = way({});

    test.each(['end', 'reset'] as const)(
      'an origin that answers with an %s and nothing else: so does it look',
      async (ending) => {
        const { upstream } = where;
        upstream.automatic = false;
        const client = await where.client();
        client.send(GET);
        await upstream.until(({ bytes }) => bytes === GET);
        if (ending === 'end') upstream.last.end();
        else upstream.last.reset();
        await client.over();
        expect([client.received, client.ending]).toEqual(['', ending]);
        upstream.take();
      },
    );
  });

  describe('requirement 37, intercepted', () => {
    const where = way({});

    test('a client that does not read holds the origin', async () => {
      const { upstream } = where;
      upstream.automatic = false;
      const client = await where.client();
      client.socket.pause();
      client.send(GET);
      await upstream.until(({ bytes }) => bytes === GET);
      upstream.last.send(`HTTP/1.1 200 OK\r\nContent-Length: ${MUCH}\r\n\r\n`);
      upstream.last.send(Buffer.alloc(MUCH));
      const { socket } = upstream.last;
      await atRest(() => socket.bytesWritten - socket.writableLength);
      expect(socket.writableLength).toBeGreaterThan(MUCH / 2);
      upstream.take();
      client.reset();
    });

    test('an origin that does not read holds the client', async () => {
      const { upstream } = where;
      upstream.automatic = false;
      upstream.onHead = ({ socket }) => void socket.pause();
      const client = await where.client();
      client.send(`POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: ${MUCH}\r\n\r\n`);
      await upstream.until(({ bytes }) => bytes.length > 0);
      client.send(Buffer.alloc(MUCH));
      await atRest(() => client.socket.bytesWritten - client.socket.writableLength);
      expect(client.socket.writableLength).toBeGreaterThan(MUCH / 2);
      upstream.take();
      // A client that is not read is not heard of either, before a deadline.
      upstream.last.reset();
      await client.over();
    });
  });
}
