/** Clients and origins that are slow where nothing is rewritten, and how much one connection may ask. Time passes when a test says so. */
import { describe, expect, test } from '@jest/globals';
import { helloFor } from '../../support/reference/made-hello.ts';
import { eventually } from '../../support/eventually.ts';
import { sendPieces, statuses, type Connection } from '../support/connection.ts';
import { ManualTime } from '../support/manual-time.ts';
import { OK } from '../support/upstream.ts';
import type { Way } from './way.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a.example\r\n\r\n';
const BLOCKED = 'GET /page HTTP/1.1\r\nHost: listed.example\r\n\r\n';
const LIST = 'http://listed.example/page?*';
/** More than all buffers on the way hold together. */
const MUCH = 64 * 1024 * 1024;

export function deadlinesBehave(way: Way): void {
  describe('requirement 35, intercepted', () => {
    const time = new ManualTime();
    const timeouts = { header: 3, body: 3, clientHello: 3, tunnelFirstByte: 3, tunnelIdle: 6, idle: 3 };
    const where = way({ timeouts, time });

    /** Lets time pass until it is over, and not before `least` milliseconds. */
    async function ends(connection: Connection, least: number, meanwhile: () => void = () => undefined): Promise<void> {
      let passed = 0;
      const look = async (): Promise<boolean> => {
        await time.pass(500);
        passed += 500;
        if (connection.ending === null && !connection.closed) meanwhile();
        return connection.ending !== null || connection.closed;
      };
      await eventually('it is cut off', look);
      expect(passed).toBeGreaterThanOrEqual(least);
    }

    test.each([
      ['nothing', '', ''],
      ['half a word', 'GE', ''],
      ['half a request line', 'GET /', 'x'],
      ['half a head', GET.slice(0, -2), 'A: b\r\n'],
      ['half a ClientHello', helloFor('a.example').subarray(0, 40).toString('latin1'), ''],
    ])('%s is not waited for, nor does a little now and then move its deadline', async (_, begun, more) => {
      const client = await where.client();
      client.send(begun);
      await ends(client, 2500, () => (more === '' ? undefined : client.send(more)));
      expect(client.received).toBe('');
      expect(where.upstream.take()).toBe('');
    });

    test('a client that does not take its answer has as long as one in a tunnel', async () => {
      const { upstream } = where;
      upstream.automatic = false;
      const client = await where.client();
      client.send(GET);
      await upstream.until(({ bytes }) => bytes === GET);
      client.socket.pause();
      upstream.last.send(`HTTP/1.1 200 OK\r\nContent-Length: ${MUCH}\r\n\r\n`);
      upstream.last.send(Buffer.alloc(MUCH));
      await ends(upstream.last, 5500);
      expect([upstream.last.ending, upstream.take()]).toEqual(['reset', GET]);
      client.reset();
    });

    // Was a bug: what its first bytes are was waited for as long as for a head, and then for the head anew.
    test.each([
      ['a head', 'G', 'ET / HTTP/1.1\r\n'],
      ['a ClientHello', '\x16', helloFor('a.example').subarray(1, 40).toString('latin1')],
    ])('%s whose first byte comes by itself has its time from then on', async (_, first, more) => {
      const client = await where.client();
      await sendPieces(client, [first]);
      await time.pass(2500);
      await sendPieces(client, [more]);
      await time.pass(500);
      expect(client.closed || client.ending !== null).toBe(false);
      await time.pass(1000);
      await client.over();
      expect(where.upstream.take()).toBe('');
    });

    test('a client that says no more', async () => {
      const client = await where.client();
      await client.send(GET).has('ok');
      await ends(client, 5500);
      expect(client.received).toBe(OK);
      where.upstream.take();
    });

    test.each([
      ['by length', 'Content-Length: 10', 'abc'],
      ['chunked', 'Transfer-Encoding: chunked', '3\r\nabc\r\n'],
    ])('a client that stops inside a body %s: both sides are cut off', async (_, field, part) => {
      const { upstream } = where;
      upstream.automatic = false;
      const request = `POST / HTTP/1.1\r\nHost: a.example\r\n${field}\r\n\r\n${part}`;
      const client = await where.client();
      client.send(request);
      await upstream.until(({ bytes }) => bytes === request);
      await ends(client, 2500);
      await upstream.last.over();
      expect([client.received, upstream.last.ending, upstream.take()]).toEqual(['', 'reset', request]);
    });

    test.each([
      ['never answers', ''],
      ['stops inside an answer', 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab'],
    ])('an origin that %s: both sides are cut off, and nothing looks whole', async (_, part) => {
      const { upstream } = where;
      upstream.automatic = false;
      const client = await where.client();
      client.send(GET);
      await upstream.until(({ bytes }) => bytes === GET);
      upstream.last.send(part);
      await client.until(({ received }) => received === part);
      await ends(client, 5500);
      await upstream.last.over();
      expect([client.received, client.ending, upstream.take()]).toEqual([part, 'reset', GET]);
    });
  });

  describe('requirement 38, intercepted', () => {
    const where = way({ list: LIST, limits: { requestsPerConnection: 3, headerCount: 4 } });

    test('the last answer says so, what is behind it is not looked at', async () => {
      const client = await where.client();
      await client.send(GET.repeat(5)).over();
      expect(statuses(client.received)).toEqual([200, 200, 200]);
      expect(client.received.match(/Connection: close/g)).toHaveLength(1);
      expect(where.upstream.take()).toBe(GET.repeat(3));
    });

    test('a request behind that is not answered, listed or not', async () => {
      const client = await where.client();
      await client.send(GET.repeat(3) + BLOCKED).over();
      expect(statuses(client.received)).toEqual([200, 200, 200]);
      where.upstream.take();
    });

    test('fields are counted in each request anew', async () => {
      const fields = (count: number): string => GET.replace('\r\n\r\n', `\r\n${'A: b\r\n'.repeat(count)}\r\n`);
      const client = await where.client();
      await client.send(fields(3) + fields(3)).has('ok', 2);
      client.reset();
      where.upstream.take();
      const another = await where.client();
      await another.send(fields(4)).over();
      expect(statuses(another.received)).toEqual([431]);
      expect(where.upstream.take()).toBe('');
    });
  });
  describe('requirement 38, intercepted: no room for pipelined bytes at all', () => {
    const where = way({ limits: { pipelineBytes: '0B' } });

    // Was a bug: whose first word came in two pieces was not read on, and closed as too slow.
    test.each([
      ['a request', GET, 2],
      ['a request behind a blank line', `\r\n${GET}`, 2],
      ['a ClientHello', helloFor('a.example').toString('latin1'), 1],
      ['a ClientHello, later', helloFor('a.example').toString('latin1'), 40],
    ])('%s whose first bytes come by themselves', async (_, bytes, first) => {
      const { upstream } = where;
      upstream.automatic = false;
      const client = await where.client();
      await sendPieces(client, [bytes.slice(0, first), bytes.slice(first)]);
      await upstream.until((all) => all.bytes === bytes);
      const answer = bytes.includes('HTTP/') ? OK : '\x16\x03\x03';
      upstream.last.send(answer);
      await client.has(answer);
      expect(upstream.take()).toBe(bytes);
      client.reset();
    });

    test('requests that come together, a body behind its head, and the end behind them', async () => {
      const post = 'POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 6\r\n\r\n';
      const client = await where.client();
      await sendPieces(client, [GET + GET + post, 'abc', 'def']);
      client.end(GET);
      await client.over();
      expect([statuses(client.received), client.ending]).toEqual([[200, 200, 200, 200], 'end']);
      expect(where.upstream.take()).toBe(`${GET}${GET}${post}abcdef${GET}`);
    });
  });
}
