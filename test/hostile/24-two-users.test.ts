/** Requirement 24: a connection that carried NTLM or Negotiate belongs to one client (RFC 4559 §6). */
import { describe, expect, test } from '@jest/globals';
import { statuses } from './support/connection.ts';
import type { Connection } from './support/connection.ts';
import { hostileSuite } from './support/suite.ts';
import { OK } from './support/upstream.ts';
import type { UpstreamConnectionRecord } from './support/upstream.ts';

const suite = hostileSuite();

/** An origin that authenticates connections: whoever came with a token owns all that follows on that connection. */
function authenticating(): void {
  const users = new Map<UpstreamConnectionRecord, string>();
  suite.upstream.answer = (connection, request) => {
    const token = /\r\nAuthorization: ?(?:NTLM|Negotiate) (\w+)\r\n/i.exec(request)?.[1];
    if (token !== undefined) users.set(connection, token);
    const body = `user=${users.get(connection) ?? 'nobody'}`;
    connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  };
}

const get = (...fields: readonly string[]): string => suite.get('/', ...fields);
const body = (received: string): string => received.slice(received.lastIndexOf('\r\n\r\n') + 4);

describe.each(['Authorization: NTLM', 'Authorization: Negotiate', 'authorization: ntlm', 'AUTHORIZATION:NEGOTIATE'])(
  'requirement 24: %s',
  (scheme) => {
    test('two users at once, each gets only his own', async () => {
      authenticating();
      const users = [await suite.client(), await suite.client(), await suite.client()];
      const [ann, bob, eve] = users as [Connection, Connection, Connection];
      await ann.send(suite.get('/ann', `${scheme} ann`)).has('user=');
      await bob.send(suite.get('/bob', `${scheme} bob`)).has('user=');
      await eve.send(suite.get('/eve')).has('user=');
      expect(users.map(({ received }) => body(received))).toEqual(['user=ann', 'user=bob', 'user=nobody']);
      for (let round = 2; round < 6; round++) {
        for (const [i, user] of users.entries()) user.send(suite.get(['/ann', '/bob', '/eve'][i]));
        for (const user of users) await user.has('user=', round);
        expect(users.map(({ received }) => body(received))).toEqual(['user=ann', 'user=bob', 'user=nobody']);
      }
      // As the origin sees it: no connection has carried requests of two of them, and theirs have carried all of theirs.
      const carried = suite.upstream.connections
        .map(({ requests }) => requests.map((request) => request.split(' ')[1]).join(' '))
        .filter((paths) => paths !== '');
      expect(carried.toSorted()).toEqual(['/ann', '/bob', '/eve'].map((path) => Array(5).fill(path).join(' ')));
    });

    test('it ends with its client, and does not go to the next one', async () => {
      authenticating();
      const ann = await suite.client();
      await ann.send(get(`${scheme} ann`)).has('user=ann');
      const hers = suite.upstream.last;
      ann.destroy();
      await hers.over();
      expect(body(await suite.ask(get(), 'user='))).toBe('user=nobody');
    });

    test('also where the client asks for another origin in between', async () => {
      authenticating();
      const ann = await suite.client();
      await ann.send(get(`${scheme} ann`)).has('user=ann');
      await ann.send(get().replace('127.0.0.1', '127.0.0.2')).has('502');
      await ann.send(get()).has('user=', 2);
      expect(body(ann.received)).toBe('user=ann');
      expect(body(await suite.ask(get(), 'user='))).toBe('user=nobody');
    });

    test('also where the connection came from the pool', async () => {
      await suite.ask(get(), 'ok');
      authenticating();
      const ann = await suite.client();
      await ann.send(get(`${scheme} ann`)).has('user=ann');
      expect(body(await suite.ask(get(), 'user='))).toBe('user=nobody');
    });
  },
);

describe('requirement 24: a challenge', () => {
  test.each([
    'NTLM',
    'Negotiate',
    'NTLM TlRMTVNTUAAC',
    'Negotiate, NTLM',
    'Basic realm="x", NTLM',
    'Basic realm="a, b", Negotiate',
  ])('WWW-Authenticate: %s binds too', async (challenge) => {
    const { upstream } = suite;
    upstream.answer = `HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: ${challenge}\r\nContent-Length: 2\r\n\r\nno`;
    const ann = await suite.client();
    await ann.send(get()).has('\r\n\r\nno');
    const hers = upstream.last;
    upstream.answer = OK;
    await suite.ask(get(), 'ok');
    expect(upstream.last).not.toBe(hers);
    await ann.send(get()).has('ok');
    expect(upstream.last).toBe(hers);
    expect(statuses(ann.received)).toEqual([401, 200]);
  });

  test('Basic and Digest do not', async () => {
    const { upstream } = suite;
    upstream.answer = OK;
    await suite.ask(get('Authorization: Basic dTpw'), 'ok');
    const used = upstream.last;
    await suite.ask(get(), 'ok');
    expect(upstream.last).toBe(used);
  });

  test('bytes on a bound connection that is idle end it', async () => {
    const { upstream } = suite;
    authenticating();
    const ann = await suite.client();
    await ann.send(get('Authorization: NTLM ann')).has('user=ann');
    const hers = upstream.last;
    await hers.send('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison').over();
    await ann.send(get()).has('user=nobody');
    expect(ann.received).not.toContain('poison');
  });
});
