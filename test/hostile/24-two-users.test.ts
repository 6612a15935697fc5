/** Requirement 24: a connection that carried NTLM or Negotiate belongs to one client (RFC 4559 §6). */
import { describe, expect, test } from '@jest/globals';
import { statuses } from './support/connection.ts';
import { hostileSuite } from './support/suite.ts';
import { OK } from './support/upstream.ts';
import type { UpstreamConnectionRecord } from './support/upstream.ts';

const suite = hostileSuite();

/** An origin that authenticates connections: whoever came with a token owns all that follows on that connection. */
function authenticating(): void {
  const users = new Map<UpstreamConnectionRecord, string>();
  suite.upstream.answer = (connection, request) => {
    const token = /\r\nAuthorization: (?:NTLM|Negotiate) (\w+)\r\n/i.exec(request)?.[1];
    if (token !== undefined) users.set(connection, token);
    const body = `user=${users.get(connection) ?? 'nobody'}`;
    connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  };
}

const get = (fields = '', path = '/'): string => `GET ${suite.upstream.url}${path} HTTP/1.1\r\nHost: x\r\n${fields}\r\n`;
const body = (received: string): string => received.slice(received.lastIndexOf('\r\n\r\n') + 4);

describe.each(['NTLM', 'Negotiate', 'ntlm', 'NEGOTIATE'])('requirement 24: %s', (scheme) => {
  test('two users at once, each gets only his own', async () => {
    authenticating();
    const [ann, bob, eve] = [await suite.client(), await suite.client(), await suite.client()];
    await ann.send(get(`Authorization: ${scheme} ann\r\n`)).has('user=');
    await bob.send(get(`Authorization: ${scheme} bob\r\n`)).has('user=');
    await eve.send(get()).has('user=');
    expect([ann, bob, eve].map(({ received }) => body(received))).toEqual(['user=ann', 'user=bob', 'user=nobody']);
    for (let round = 2; round < 6; round++) {
      for (const client of [ann, bob, eve]) client.send(get());
      for (const client of [ann, bob, eve]) await client.has('user=', round);
      expect([ann, bob, eve].map(({ received }) => body(received))).toEqual(['user=ann', 'user=bob', 'user=nobody']);
    }
  });

  test('it ends with its client, and does not go to the next one', async () => {
    authenticating();
    const ann = await suite.client();
    await ann.send(get(`Authorization: ${scheme} ann\r\n`)).has('user=ann');
    const hers = suite.upstream.last;
    ann.destroy();
    await hers.over();
    expect(body(await suite.ask(get(), 'user='))).toBe('user=nobody');
  });

  test('also where the client asks for another origin in between', async () => {
    authenticating();
    const ann = await suite.client();
    await ann.send(get(`Authorization: ${scheme} ann\r\n`)).has('user=ann');
    await ann.send(get().replace('127.0.0.1', '127.0.0.2')).has('502');
    await ann.send(get()).has('user=', 2);
    expect(body(ann.received)).toBe('user=ann');
    expect(body(await suite.ask(get(), 'user='))).toBe('user=nobody');
  });

  test('also where the connection came from the pool', async () => {
    await suite.ask(get(), 'ok');
    authenticating();
    const ann = await suite.client();
    await ann.send(get(`Authorization: ${scheme} ann\r\n`)).has('user=ann');
    expect(body(await suite.ask(get(), 'user='))).toBe('user=nobody');
  });
});

describe('requirement 24: a challenge', () => {
  test.each(['NTLM', 'Negotiate', 'NTLM TlRMTVNTUAAC', 'Negotiate, NTLM', 'Basic realm="x", NTLM', 'Basic realm="a, b", Negotiate'])('WWW-Authenticate: %s binds too', async (challenge) => {
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
    await suite.ask(get('Authorization: Basic dTpw\r\n'), 'ok');
    const used = upstream.last;
    await suite.ask(get(), 'ok');
    expect(upstream.last).toBe(used);
  });

  test('bytes on a bound connection that is idle end it', async () => {
    const { upstream } = suite;
    authenticating();
    const ann = await suite.client();
    await ann.send(get('Authorization: NTLM ann\r\n')).has('user=ann');
    const hers = upstream.last;
    await hers.send('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison').over();
    await ann.send(get()).has('user=nobody');
    expect(ann.received).not.toContain('poison');
  });
});
